import type { Reports } from "../observability/reports/reports.ts";
import { type Handler, jsonResponse } from "../http/router.ts";
import { mergeMemory } from "../observability/reports/merge_memory.ts";
import { mergeMetrics } from "../observability/reports/merge_metrics.ts";
import type { Siblings } from "./siblings.ts";
import type { CallTalk } from "../observability/reports/call_talk.ts";
import { receivedAnswers, type WorkerAnswer } from "../observability/reports/worker_answers.ts";

const TALK_PATH = "/report/talk";
const REPORTS = ["memory", "metrics", "calls", "past", "view"] as const satisfies (keyof Reports)[];

/** Routes at which a worker gives its siblings its own reports. */
export function reportRoutes(own: Reports): Record<string, Handler> {
  const whole = REPORTS.map((name): [string, Handler] => [
    `GET ${reportPath(name)}`,
    async () => jsonResponse(200, await own[name]()),
  ]);
  return {
    ...Object.fromEntries(whole),
    [`GET ${TALK_PATH}`]: async ({ url }) => {
      const talk = await own.talk(new URL(url).searchParams.get("call") ?? "");
      return jsonResponse(200, talk ?? null);
    },
  };
}

/**
 * The reports of all workers as one, whichever of them is asked. They name the workers that do not answer in
 * time.
 */
export function allReports(own: Reports, siblings: Siblings): Reports {
  const gather = async <Name extends typeof REPORTS[number]>(name: Name) => {
    type Report = Awaited<ReturnType<Reports[Name]>>;
    const [answer, others] = await Promise.all([
      own[name]() as Promise<Report>,
      siblings.ask<Report>(reportPath(name)),
    ]);
    const workers: WorkerAnswer<Report>[] = [{ worker: siblings.self, answer }, ...others];
    return workers.sort((a, b) => a.worker - b.worker);
  };
  // Loaded only when somebody opens the dashboard or asks for calls.
  const views = () => import("../observability/reports/merge_views.ts");
  return {
    memory: async () => mergeMemory(await gather("memory")),
    metrics: async () => mergeMetrics(await gather("metrics")),
    talk: async (callSid) => {
      const talk = await own.talk(callSid);
      if (talk) return talk;
      const others = await siblings.ask<CallTalk | null>(`${TALK_PATH}?call=${encodeURIComponent(callSid)}`);
      return receivedAnswers(others).find((answer) => answer !== null);
    },
    calls: async () => (await views()).mergeCalls(await gather("calls")),
    past: async () => (await views()).mergePast(await gather("past")),
    view: async () => (await views()).mergeViews(await gather("view")),
  };
}

function reportPath(name: typeof REPORTS[number]): string {
  return `/report/${name}`;
}
