import type { PlacedProblem } from "./problem.ts";
import type { BusinessFile } from "./schema/business_file.ts";

/** The problems of fields that do not fit each other. */
export function crossChecks(file: BusinessFile): PlacedProblem[] {
  return [
    ...repeated(file.numbers, (index) => ["numbers", index]),
    ...repeated(file.tools.builtIn, (index) => ["tools", "builtIn", index]),
    ...repeated(
      file.transfers.map(({ name }) => name),
      (index) => ["transfers", index, "name"],
    ),
    ...repeated(
      file.tools.mcp.map((server) => server.server_label),
      (index) => ["tools", "mcp", index, "server_label"],
    ),
    ...mcpPlaces(file),
    ...toolNames(file),
    ...keyTargets(file),
    ...circles(file),
    ...lateWarning(file),
    ...twoClocks(file),
    ...lastCopy(file),
  ];
}

/** Twilio's copy must not be the only one. */
function lastCopy({ records }: BusinessFile): PlacedProblem[] {
  if (!records.deleteAtTwilio || (records.recordings === "keep" && records.retentionDays > 0)) return [];
  const problem = "would delete the only copy: it needs recordings: keep, and retentionDays above 0";
  return [{ keys: ["records", "deleteAtTwilio"], problem }];
}

function repeated(values: readonly string[], keysAt: (index: number) => unknown[]): PlacedProblem[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index
      ? [{ keys: keysAt(index), problem: "is there twice, but each must be different" }]
      : []
  );
}

/** OpenAI refuses the whole session otherwise. */
function mcpPlaces({ tools }: BusinessFile): PlacedProblem[] {
  return tools.mcp.flatMap(({ server_url, tunnel_id, connector_id }, index) => {
    const places = [server_url, tunnel_id, connector_id].filter((place) => place !== undefined);
    const problem = "must have exactly one of server_url, tunnel_id and connector_id";
    return places.length === 1 ? [] : [{ keys: ["tools", "mcp", index], problem }];
  });
}

function toolNames({ tools, transfers, knowledge }: BusinessFile): PlacedProblem[] {
  const builtIn: readonly string[] = [
    ...tools.builtIn,
    ...transfers.length > 0 ? ["transfer_call"] : [],
    ...knowledge ? ["search_knowledge"] : [],
  ];
  return tools.http.flatMap(({ name }, index) => {
    const isTaken = builtIn.includes(name) || tools.http.findIndex((tool) => tool.name === name) < index;
    const keys = ["tools", "http", index, "name"];
    return isTaken ? [{ keys, problem: "is the name of another tool, but each must be different" }] : [];
  });
}

function keyTargets({ keys, transfers }: BusinessFile): PlacedProblem[] {
  const names = transfers.map(({ name }) => name);
  return Object.entries(keys).flatMap(([key, action]) =>
    action.action === "transfer" && !names.includes(action.target)
      ? [{
        keys: ["keys", key, "target"],
        problem: names.length === 0
          ? "must be the name of one of the transfers, but there are none"
          : `must be the name of one of the transfers: ${names.join(", ")}`,
      }]
      : []
  );
}

/** A call that is forwarded to the business's own number comes back, and is forwarded again. */
function circles({ numbers, transfers, fallback, hours, whenBusy }: BusinessFile): PlacedProblem[] {
  const problem = "must be another number than those that the business answers itself";
  const closed = hours?.afterHours.action === "say" ? hours.afterHours : undefined;
  const dialled = [
    ...transfers.map(({ number }, index) => ({ number, keys: ["transfers", index, "number"] })),
    { number: fallback.forwardTo, keys: ["fallback", "forwardTo"] },
    { number: whenBusy.forwardTo, keys: ["whenBusy", "forwardTo"] },
    { number: closed?.forwardTo, keys: ["hours", "afterHours", "forwardTo"] },
  ];
  return dialled.flatMap(({ number, keys }) => numbers.includes(number ?? "") ? [{ keys, problem }] : []);
}

function twoClocks({ timeZone, hours }: BusinessFile): PlacedProblem[] {
  if (timeZone === undefined || hours === undefined || timeZone === hours.timeZone) return [];
  return [{ keys: ["timeZone"], problem: "must be the same as hours.timeZone, or left out" }];
}

function lateWarning({ time }: BusinessFile): PlacedProblem[] {
  if (time.warnBeforeEndMs < time.maxCallMs) return [];
  return [{ keys: ["time", "warnBeforeEndSeconds"], problem: "must be less than maxCallMinutes" }];
}
