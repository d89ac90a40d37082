/** Escapes text for XML, SVG or HTML, and drops control characters, which it should not hold. */
export function escapeXml(text: string): string {
  return text.replace(/[[\p{Cc}\ufffe\uffff]--[\t\n\r]]/gv, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(`"`, "&quot;");
}
