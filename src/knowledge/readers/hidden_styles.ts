/** Longest styles of a page that are looked through, in characters. */
const MAX_STYLE_CHARS = 256 * 1024;
const STYLE = /<style\b[^>]*>([^<]*)/gi;
const SCRIPT = /<script\b([^>]*)>([^<]*)/gi;
const COMMENT = /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g;
const HIDES = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b/i;
/** A class or an id in a selector, and a selector that is nothing else. */
const NAME = /[.#][\w-]+/g;
const PLAIN = /^(?:[a-z][a-z\d]*)?([.#][\w-]+)$/i;

/**
 * Classes (`.old`) and ids (`#old`) that a page's own styles hide for good: by a rule on every screen, where
 * nothing names them again, neither another rule nor a script, and no script comes from elsewhere.
 */
export function hiddenNames(html: string): ReadonlySet<string> {
  const styles = Array.from(html.matchAll(STYLE), ([, style]) => style).join("\n").replace(COMMENT, "");
  if (styles.length > MAX_STYLE_CHARS || !/none|hidden/i.test(styles)) return new Set();
  const scripts = Array.from(html.matchAll(SCRIPT), ([, attributes, script]) => ({ attributes, script }));
  if (scripts.some(({ attributes }) => /\ssrc\s*=/i.test(attributes))) return new Set();
  const hidden = new Set<string>();
  const named = new Map<string, number>();
  for (const { selectors, body, isOfEveryScreen } of rulesOf(styles)) {
    for (const [name] of selectors.matchAll(NAME)) named.set(name, (named.get(name) ?? 0) + 1);
    if (!isOfEveryScreen || !HIDES.test(body)) continue;
    for (const selector of selectors.split(",")) {
      const name = PLAIN.exec(selector.trim())?.[1];
      if (name !== undefined) hidden.add(name);
    }
  }
  const isTaken = (name: string) =>
    named.get(name) !== 1 || scripts.some(({ script }) => script.includes(name.slice(1)));
  return new Set([...hidden].filter((name) => !isTaken(name)));
}

function* rulesOf(styles: string): Generator<{ selectors: string; body: string; isOfEveryScreen: boolean }> {
  let within = 0; // `@media`, `@supports`
  let prelude = "";
  for (const [, text, mark] of styles.matchAll(/([^{}]*)([{}])/g)) {
    if (mark === "{" && /^\s*@(?:media|supports|layer|container)/i.test(text)) within++;
    else if (mark === "{") prelude = text;
    else if (prelude !== "") {
      yield { selectors: prelude, body: text, isOfEveryScreen: within === 0 };
      prelude = "";
    } else within = Math.max(0, within - 1);
  }
}
