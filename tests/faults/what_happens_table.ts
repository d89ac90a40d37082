import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

/** The rows of the table "What happens when …" of docs/operations.md, as their cells. */
export async function tableRows(): Promise<string[][]> {
  const page = await Deno.readTextFile(new URL("docs/operations.md", ROOT));
  const section = page.split(/^## /m).find((text) => text.startsWith("What happens when"));
  assert.ok(section);
  const [, table = ""] = section.split(/\n\n(?=\|)/); // others follow
  return table.split("\n").filter((line) => line.startsWith("| "))
    .map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([cell], index) => index > 0 && !/^-+$/.test(cell));
}

/** What stands in backticks. */
export function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
}

/** Whether a row is the one whose first cell begins so. */
export const isOf = (row: string[], beginning: string) => row[0].startsWith(beginning);
