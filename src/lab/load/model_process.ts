import { HelperProcess } from "./helper_process.ts";
import type { ModelReport } from "../capacity/measurement.ts";
import type { ModelRequest } from "./model_role.ts";

/** How long the model may take to answer a request. */
const ANSWER_MS = 10_000;

/** The simulated model in a process of its own. */
export class ModelProcess implements AsyncDisposable {
  readonly #helper: HelperProcess;
  /** Where it takes sessions. */
  readonly url: string;

  private constructor(helper: HelperProcess, url: string) {
    this.#helper = helper;
    this.url = url;
  }

  /**
   * @param replySeconds length of its answers
   * @throws {ProcessError} when it does not begin to work
   */
  static async start(replySeconds: number): Promise<ModelProcess> {
    await using starting = new AsyncDisposableStack();
    const helper = starting.use(await HelperProcess.start("model"));
    const { url } = await ask<{ url: string }>(helper, { do: "listen", replySeconds });
    starting.move();
    return new ModelProcess(helper, url);
  }

  get pid(): number {
    return this.#helper.pid;
  }

  /** What it has counted since its start. @throws {ProcessError} when it does not answer */
  report(): Promise<ModelReport> {
    return ask(this.#helper, { do: "report" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#helper[Symbol.asyncDispose]();
  }
}

async function ask<Answer>(helper: HelperProcess, request: ModelRequest): Promise<Answer> {
  await helper.tell(request);
  return await helper.next<Answer>(ANSWER_MS);
}
