import type { AlarmName } from "../../../observability/memory/memory_alarms.ts";
import type { DashboardView } from "../../../observability/reports/shapes.ts";

const ALARMS: Readonly<Record<AlarmName, { name: string; quiet: string; raised: string }>> = {
  growth: {
    name: "Growth",
    quiet: "none at a constant number of calls",
    raised: "memory grows at a constant number of calls",
  },
  no_return: {
    name: "Return",
    quiet: "calls leave nothing behind",
    raised: "memory has not come back after the calls ended",
  },
};

/** Both alarms, always, so that a quiet one is seen to be watched. */
export function showAlarms(list: HTMLElement, { active, events }: DashboardView["alarms"]): void {
  list.replaceChildren(
    ...(Object.keys(ALARMS) as AlarmName[]).map((alarm) => {
      const { name, quiet, raised } = ALARMS[alarm];
      const isRaised = active.includes(alarm);
      const since = events.findLast((event) => event.alarm === alarm && event.change === "raised")?.epochMs;
      const item = document.createElement("li");
      item.className = "alarm";
      item.dataset.alarm = alarm;
      item.dataset.tone = isRaised ? "bad" : "good";
      const title = document.createElement("b");
      title.textContent = `${name}: `;
      const about = document.createElement("span");
      about.textContent = isRaised && since !== undefined
        ? `${raised}, since ${new Date(since).toTimeString().slice(0, 5)}`
        : quiet;
      item.append(title, about);
      return item;
    }),
  );
}
