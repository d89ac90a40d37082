/** The bytes of a PDF whose pages have these lines of text, in Helvetica. ASCII, and no brackets. */
export function pdfOf(pages: readonly (readonly string[])[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return pdfFrom(pages.map((lines) => ({
    stream: encoder.encode(
      `BT /F1 12 Tf 14 TL 72 720 Td ${lines.map((line) => `(${line}) Tj T*`).join(" ")} ET`,
    ),
    entries: "",
  })));
}

/** A PDF of one page that is drawn by a stream. @param entries of its dictionary, such as `/Filter /FlateDecode` */
export function pdfOfStream(stream: Uint8Array, entries: string): Uint8Array<ArrayBuffer> {
  return pdfFrom([{ stream, entries }]);
}

/** A PDF of pages with these streams. */
export function pdfFrom(pages: readonly { stream: Uint8Array; entries: string }[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const write = (...texts: (string | Uint8Array)[]) => {
    for (const text of texts) {
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      parts.push(bytes);
      length += bytes.length;
    }
  };
  const offsets: number[] = [];
  const add = (...body: (string | Uint8Array)[]) => {
    offsets.push(length);
    write(`${offsets.length} 0 obj\n`, ...body, "\nendobj\n");
  };
  write("%PDF-1.4\n");
  add("<< /Type /Catalog /Pages 2 0 R >>");
  add(
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, i) => `${4 + 2 * i} 0 R`).join(" ")}] >>`,
  );
  add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (const [index, { stream, entries }] of pages.entries()) {
    const resources = "/Resources << /Font << /F1 3 0 R >> >>";
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${resources} /Contents ${5 + 2 * index} 0 R >>`,
    );
    add(`<< /Length ${stream.length} ${entries} >>\nstream\n`, stream, "\nendstream");
  }
  const table = length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  write(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${rows}`);
  write(`trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  const file = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
