import assert from "node:assert/strict";
import { saysNoSearch } from "../../../src/knowledge/mongo/vector_search.ts";
import { serverError } from "../../support/mongo/searching_database.ts";

Deno.test("Every server without vector search is recognised by what it says", () => {
  const needs = "Using $search and $vectorSearch aggregation stages requires additional configuration.";
  const errors = [
    serverError(31082, "SearchNotEnabled", needs),
    serverError(6047401, "Location6047401", "$vectorSearch stage is only allowed on MongoDB Atlas"),
    serverError(40324, "Location40324", "Unrecognized pipeline stage name: '$vectorSearch'"),
    serverError(59, "CommandNotFound", "no such command: 'createSearchIndexes'"),
    serverError(238, "NotImplemented", '`aggregate` stage "$listSearchIndexes" is not implemented yet'),
    serverError(1, "SearchNotEnabled", "another version's number"),
    serverError(99999, "Location99999", "$vectorSearch stage is only allowed on MongoDB Atlas"),
  ];
  for (const error of errors) assert.ok(saysNoSearch(error), error.message);
});

Deno.test("Other errors are not taken for a server without vector search", () => {
  const errors = [
    serverError(489, "SearchOverloaded", "too many queries"),
    serverError(13, "Unauthorized", "not authorized on slimline"),
    new Error("connection to $vectorSearch closed"),
    "31082",
  ];
  for (const error of errors) assert.ok(!saysNoSearch(error));
});
