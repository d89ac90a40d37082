/** @import { DashboardView } from "../../../observability/reports/dashboard_data.ts" */
import { elementAt, make } from "./elements.js";

/**
 * The instances of the fleet, a row each, with a link where people can reach it. Hidden for a process alone.
 *
 * @param {DashboardView["instances"]} instances
 */
export function showFleet(instances) {
  elementAt("fleet").hidden = instances === undefined;
  elementAt("instances").replaceChildren(
    ...(instances ?? []).map(({ id, isThis, isAlive, version, address, calls, free, refusal }) => {
      const name = address ?? id.slice(0, 8);
      const state = isAlive ? refusal?.replaceAll("_", " ") ?? "taking calls" : "not heard of any more";
      return make(
        "tr",
        {},
        make(
          "td",
          {},
          address === null || isThis
            ? name
            : make("a", { href: `${address}/dashboard`, rel: "noreferrer" }, name),
          isThis ? " (this one)" : "",
        ),
        make("td", {}, state),
        make("td", { class: "number" }, `${calls}`),
        make("td", { class: "number" }, `${free}`),
        make("td", {}, version),
      );
    }),
  );
}
