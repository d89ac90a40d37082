import type { PlacedProblem } from "./parse_file.ts";
import type { BusinessFile } from "./schema/business_file.ts";

/** What fields mean for each other. */
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
    ...toolNames(file),
    ...keyTargets(file),
    ...circles(file),
    ...warning(file),
  ];
}

function repeated(values: readonly string[], keysOf: (index: number) => unknown[]): PlacedProblem[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index
      ? [{ keys: keysOf(index), problem: "is there twice, but each must be different" }]
      : []
  );
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

/** A call that is sent to the business's own number comes back, and is sent there again. */
function circles({ numbers, transfers, fallback, hours, whenBusy }: BusinessFile): PlacedProblem[] {
  const problem = "must be another number than those that the business answers itself";
  return [
    ...transfers.flatMap(({ number }, index) =>
      numbers.includes(number) ? [{ keys: ["transfers", index, "number"], problem }] : []
    ),
    ...numbers.includes(fallback.forwardTo ?? "") ? [{ keys: ["fallback", "forwardTo"], problem }] : [],
    ...numbers.includes(whenBusy.forwardTo ?? "") ? [{ keys: ["whenBusy", "forwardTo"], problem }] : [],
    ...hours?.afterHours.action === "say" && numbers.includes(hours.afterHours.forwardTo ?? "")
      ? [{ keys: ["hours", "afterHours", "forwardTo"], problem }]
      : [],
  ];
}

function warning({ time }: BusinessFile): PlacedProblem[] {
  if (time.warnBeforeEndMs < time.maxCallMs) return [];
  return [{ keys: ["time", "warnBeforeEndSeconds"], problem: "must be less than maxCallMinutes" }];
}
