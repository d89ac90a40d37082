/** Lines whose distance is more than so many times the size of the type are of two paragraphs. */
export const PARAGRAPH_GAP = 1.9;

/** Text of a line between wide gaps. */
export interface LineCell {
  text: string;
  left: number;
  right: number;
  /** Gaps within it that may part cells after all: where its text goes on, and where they begin and end. */
  readonly gaps?: CellGap[];
  /** Whether it is a line of prose, however few words it has. */
  readonly isProse?: boolean;
}

/** A wide space within a cell. */
export interface CellGap {
  at: number;
  readonly left: number;
  readonly right: number;
}

/** A line of a page: one cell, or several where wide gaps part them. */
export interface PageLine {
  readonly cells: LineCell[];
  readonly y: number;
  size: number;
  readonly isRtl: boolean;
}
