import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { ANSWER, GREETING, SALES, say, sessions, Talk, told } from "../support/talk.ts";
import { launchChromium } from "./chromium.ts";
import { seriousFindings } from "./serious_findings.ts";

const PATIENCE_MS = 20_000;
const WORDS = "This is <b>Acme</b>. You can also write to front.desk@acme.example, or call again.";
const MASKED = "This is <b>Acme</b>. You can also write to [e-mail address], or call again.";

interface LiveStage {
  readonly talk: Talk;
  readonly browser: Browser;
  /** The live call's. */
  readonly callSid: string;
}

/** A browser, and a call in which the agent has a long greeting. */
function test(name: string, run: (stage: LiveStage) => Promise<void>): void {
  Deno.test(name, { sanitizeOps: false, sanitizeResources: false }, async () => {
    const browser = await launchChromium();
    try {
      await using talk = await Talk.start({
        business: { id: "acme", transfers: [SALES] },
        emulator: {
          agent: sessions([say(GREETING, 60_000, WORDS), say(ANSWER, 60_000, "Well then.")]),
          speed: 20,
        },
      });
      await talk.hears(GREETING, 0, PATIENCE_MS);
      await run({ talk, browser, callSid: talk.caller.callSid });
    } finally {
      await browser.close();
    }
  });
}

/** A page that fails the test when anything in it throws, or is refused by its policy. */
async function open(
  { talk, browser }: LiveStage,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`The page throws ${error.message}`));
  page.on("console", (message) => {
    // The browser writes down every answer that is no success: the form's, and what a test provokes.
    if (message.type() === "error" && !/40[0149]|ERR_/.test(message.text())) {
      assert.fail(`The page complains: ${message.text()}`);
    }
  });
  await page.goto(talk.rig.line.server + path);
  await page.getByLabel("Admin token").fill(RIG_ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.locator("#link[data-state=live]").waitFor();
  return page;
}

/** Moves the keyboard on until it is where a test wants it. */
async function tabTo(page: Page, id: string): Promise<void> {
  const focused = () => page.evaluate<string>("document.activeElement.id");
  for (let tabs = 0; tabs < 30 && await focused() !== id; tabs++) await page.keyboard.press("Tab");
  assert.equal(await focused(), id);
}

test("The keyboard alone opens a live call, tells its agent something and ends it, after a question", async (stage) => {
  const { talk, callSid } = stage;
  const page = await open(stage, "/dashboard");
  const link = page.locator(`[data-call="${callSid}"] a`);
  await link.waitFor();
  const focused = () => page.evaluate<string>("document.activeElement.textContent");
  for (let tabs = 0; tabs < 30 && await focused() !== "acme"; tabs++) await page.keyboard.press("Tab");
  await page.waitForTimeout(3_000); // the row is drawn again, and the keyboard stays in it
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "acme, …01" }).waitFor();
  assert.equal(await page.evaluate("document.activeElement.id"), "call-name");
  assert.equal(new URL(page.url()).search, `?call=${callSid}`);
  const greeting = page.locator("#talk .assistant .said").first();
  await greeting.waitFor();
  await eventually("it is said to the end of the address", async () => {
    const said = await greeting.textContent();
    return said !== null && said.includes("[e-mail address]") && MASKED.startsWith(said);
  }, PATIENCE_MS);
  assert.equal(await page.locator("#talk b:not(.who)").count(), 0, "words stay words");
  assert.equal(await page.locator("#call-state").textContent(), "answering");

  await tabTo(page, "tell-text");
  await page.keyboard.type("The doctor is late.");
  await page.keyboard.press("Control+Enter");
  await page.locator("#act-done", { hasText: "The agent has been told." }).waitFor();
  assert.equal(await page.locator("#tell-text").inputValue(), "");
  await page.locator("#talk .note", { hasText: "An operator told the agent: The doctor is late." }).waitFor();
  await page.locator("#talk .assistant .mark", { hasText: "cut off here" }).waitFor();
  await page.locator("#talk .assistant", { hasText: "Well then." }).waitFor();
  const session = await talk.session(1);
  assert.ok(told(session).some(({ text }) => text.includes("The doctor is late.")));

  await tabTo(page, "end");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "End this call?" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate("document.activeElement.id"), "end", "the keyboard is back");
  assert.equal(await page.locator("#act-done").textContent(), "The agent has been told.", "nothing was done");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter"); // the first button is "Cancel"
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  const isAsked = await page.evaluate(`(() => {
    const [dialog, end] = [document.getElementById("confirm"), document.getElementById("end")];
    end.click();
    dialog.close(); // as by Escape: the page hears of it in a later task
    end.click();
    return dialog.open;
  })()`);
  assert.equal(isAsked, true, "the next question is asked at once, and the next key is its own");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.keyboard.press("Enter");
  await tabTo(page, "confirm-yes");
  await page.keyboard.press("Enter");
  await page.locator("#act-done", { hasText: "says goodbye" }).waitFor();
  await page.getByText("This call is not with the agent now.").waitFor();
  assert.equal(await page.locator("#end").isDisabled(), true);
  assert.equal(await page.getByRole("link", { name: "Its record" }).count(), 0, "no records are kept");
  assert.equal(talk.rig.summaries.at(-1)?.reason, "operator_hung_up");
  await page.goBack();
  await page.getByText("Nobody is on the line.").waitFor();
  await page.close();
});

test("A live call is put through from its page, after a question; what goes wrong is said", async (stage) => {
  const { talk, callSid } = stage;
  const page = await open(stage, `/dashboard?call=${callSid}`);
  await page.locator("#talk .assistant").waitFor();
  assert.deepEqual(await page.locator("#target option").allTextContents(), ["sales"]);

  await page.route("**/tell", (route) => route.abort());
  await page.getByLabel("Tell the agent something").fill("The doctor is late.");
  await page.getByRole("button", { name: "Tell the agent" }).click();
  await page.getByRole("alert").getByText("The server cannot be reached. Nothing was done.").waitFor();
  assert.equal(await page.locator("#tell-text").inputValue(), "The doctor is late.", "it is not lost");
  await page.unroute("**/tell");

  await page.evaluate(`document.getElementById("target").append(new Option("nobody", "nobody"))`);
  await page.locator("#target").selectOption("nobody");
  await page.getByRole("button", { name: "Put through" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Put through" }).click();
  await page.getByRole("alert").getByText("Its transfer targets are: sales.").waitFor();

  await page.locator("#target").selectOption("sales");
  await page.getByRole("button", { name: "Put through" }).click();
  await page.getByRole("dialog", { name: "Put the caller through to sales?" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(talk.rig.app.calls.active, 1);
  await page.getByRole("button", { name: "Put through" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Put through" }).click();
  await page.getByText("The caller is being put through.").waitFor();
  await page.getByText("This call is not with the agent now.").waitFor();
  assert.equal(talk.rig.summaries.at(-1)?.reason, "transferred");
  await page.close();
});

test("A call that is not live says so, and one that ends while it is watched", async (stage) => {
  const { talk, callSid } = stage;
  const page = await open(stage, `/dashboard?call=CA${"f".repeat(32)}`);
  await page.getByText("This call is not with the agent now.").waitFor();
  assert.ok(await page.locator("#end").isDisabled());
  await page.goto(`${talk.rig.line.server}/dashboard?call=${callSid}`);
  await page.locator("#talk .assistant").waitFor();
  assert.ok(await page.locator("#end").isEnabled());
  talk.caller.hangUp();
  await page.getByText("This call is not with the agent now.").waitFor();
  assert.equal(await page.locator("#talk .assistant").count(), 1, "its talk stays");
  await page.getByText("This call is over.").waitFor();
  await page.goto(`${talk.rig.line.server}/dashboard?call=nonsense`);
  await page.getByText("The talk of this call cannot be followed now.").waitFor();
  await page.close();
});

test("Whoever logs out is asked for the token on every page that was open", async (stage) => {
  const page = await open(stage, `/dashboard?call=${stage.callSid}`);
  await page.locator("#talk .assistant").waitFor();
  const other = await page.context().newPage();
  await other.goto(`${stage.talk.rig.line.server}/dashboard`);
  await other.getByRole("button", { name: "Log out" }).click();
  await other.getByLabel("Admin token").waitFor();
  await page.getByLabel("Admin token").fill(RIG_ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.locator("#talk .assistant").waitFor(); // and is back where it was
  await page.context().close();
});

test("A live call's page is good for screen readers, legible and narrow enough, dark and light", async (stage) => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await open(stage, `/dashboard?call=${stage.callSid}`, { colorScheme });
    await page.locator("#talk .assistant").waitFor();
    assert.deepEqual(await seriousFindings(page), [], colorScheme);
    for (const width of [320, 390, 768, 1240]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(wide <= width, `${wide} px at ${width}`);
    }
    await page.locator("#end").click();
    assert.deepEqual(await seriousFindings(page), [], `the question, ${colorScheme}`);
    await page.close();
  }
});

test("Nothing is left at the server of pages that were closed: no timer, no stream", async (stage) => {
  const { talk, callSid } = stage;
  const pages = [await open(stage, `/dashboard?call=${callSid}`), await open(stage, "/dashboard")];
  await pages[0].locator("#talk .assistant").waitFor();
  await pages[1].locator(`[data-call="${callSid}"] a`).click();
  await pages[1].locator("#talk .assistant").waitFor();
  await pages[1].goBack();
  for (const page of pages) await page.close();
  await talk.hangUp(); // which waits until there are no more deadlines than before the call, and the pages
});
