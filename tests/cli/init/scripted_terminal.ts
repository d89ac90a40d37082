import assert from "node:assert/strict";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { AppError } from "../../../src/util/errors.ts";

/** Somebody who answers what was expected to be asked, in that order; undefined ends the questions. */
export class ScriptedTerminal implements Terminal {
  /** Everything that was said. */
  readonly said: string[] = [];
  /** Questions whose answers were not shown. */
  readonly hidden: string[] = [];
  /** Answers that nobody has asked for yet. */
  readonly left: [question: RegExp, answer: string | undefined][];

  constructor(answers: readonly [question: RegExp, answer: string | undefined][]) {
    this.left = [...answers];
  }

  ask(question: string): Promise<string> {
    const next = this.left.shift();
    assert.ok(next, `nobody expected: ${question}`);
    assert.match(question, next[0]);
    return next[1] === undefined
      ? Promise.reject(new AppError("usage", "ended at the question."))
      : Promise.resolve(next[1]);
  }

  askSecret(question: string): Promise<string> {
    this.hidden.push(question);
    return this.ask(question);
  }

  say(text: string): void {
    this.said.push(text);
  }
}
