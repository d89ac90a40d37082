import DENTIST_TEXT from "../../../businesses/dentist.example.md" with { type: "text" };
import DENTIST from "../../../businesses/dentist.example.json" with { type: "json" };
import OFFICE_TEXT from "../../../businesses/office.example.md" with { type: "text" };
import OFFICE from "../../../businesses/office.example.json" with { type: "json" };
import RESTAURANT from "../../../businesses/restaurant.example.json" with { type: "json" };
import SCHEMA from "../../../businesses/business.schema.json" with { type: "text" };
import type { Starter } from "./starter_business.ts";

/*
 * What an executable brings along of the folder `businesses/`. Only `slimline init` loads it.
 */

/** The examples, by what is written behind `--from`. */
export const STARTERS: Readonly<Record<string, Starter>> = {
  office: { business: OFFICE, instructions: OFFICE_TEXT },
  dentist: { business: DENTIST, instructions: DENTIST_TEXT },
  restaurant: { business: RESTAURANT, instructions: RESTAURANT.instructions },
};

/** The JSON schema of business files, as an editor reads it beside them. */
export const SCHEMA_TEXT: string = SCHEMA;
