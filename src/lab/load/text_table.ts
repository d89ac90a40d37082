/** Bytes as MB (2^20), with one digit. */
export function megabytes(bytes: number | null): string {
  return bytes === null ? "-" : (bytes / 2 ** 20).toFixed(1);
}

/**
 * Rows of cells as lines of text, each column flush right.
 *
 * @param minChars how wide a column is at least
 */
export function textTable(rows: readonly (readonly string[])[], gap: string, minChars: number = 0): string[] {
  const widths = rows[0].map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column].length), minChars)
  );
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join(gap));
}
