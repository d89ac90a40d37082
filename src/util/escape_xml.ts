/** Escapes text for an XML attribute or element, and drops the control characters that XML cannot hold. */
export function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex -- naming them is the point
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(`"`, "&quot;");
}
