import axe from "axe-core";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";

/** What axe-core finds in a page that is serious: contrast, names, roles. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<axe.AxeResults>("axe.run()");
  assert.ok(passes.some(({ id }) => id === "color-contrast"), "contrast was looked at");
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
