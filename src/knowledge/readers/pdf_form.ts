/** A field of a form, as pdf.js describes it among the annotations of a page. */
interface Widget {
  readonly subtype?: string;
  readonly fieldType?: string;
  readonly fieldName?: string;
  readonly fieldValue?: unknown;
  readonly alternativeText?: string;
  readonly checkBox?: boolean;
  readonly radioButton?: boolean;
  readonly pushButton?: boolean;
  readonly buttonValue?: string | null;
  readonly hidden?: boolean;
}

/** The form of a page. */
export interface PageForm {
  /** A line `name: value` for each field that has a value. */
  readonly filled: readonly string[];
  /** Names of the fields without one. */
  readonly unfilled: readonly string[];
}

/** Reads the fields of a page's form by the names that people are shown, else by those that programs use. */
export function pageForm(annotations: readonly Widget[]): PageForm {
  const values = new Map<string, string>();
  for (const widget of annotations) {
    if (widget.subtype !== "Widget" || widget.pushButton || widget.hidden || widget.fieldType === "Sig") {
      continue;
    }
    const name = widget.alternativeText || widget.fieldName || "";
    if (name === "") continue;
    const value = valueOf(widget);
    if (value !== "" || !values.has(name)) values.set(name, value);
  }
  const fields = [...values];
  return {
    filled: fields.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`),
    unfilled: fields.filter(([, value]) => value === "").map(([name]) => name),
  };
}

function valueOf({ fieldValue, checkBox, radioButton, buttonValue }: Widget): string {
  const value = Array.isArray(fieldValue) ? fieldValue.join(", ") : String(fieldValue ?? "");
  if (radioButton) return value !== "Off" && value === buttonValue ? value : "";
  return checkBox && value === "Off" ? "no" : value.replace(/\s+/g, " ").trim();
}
