/**
 * A figure and its unit, apart, so that the unit can be set smaller.
 *
 * @typedef {{ readonly value: string, readonly unit: string }} Figure
 */

/**
 * Stands for what is not known.
 *
 * @type {Figure}
 */
export const UNKNOWN_FIGURE = { value: "–", unit: "" };

/**
 * Bytes in the largest unit that leaves at least one, such as 63 MB or 4.2 KB.
 *
 * @param {number} count
 * @returns {Figure}
 */
export function inBytes(count) {
  const units = ["B", "KB", "MB", "GB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1024;
  return { value: unit === 0 || count >= 10 ? count.toFixed(0) : count.toFixed(1), unit: units[unit] };
}

/**
 * A duration as on a clock: 0:07, 12:05, 1:00:00.
 *
 * @param {number} ms
 * @returns {string}
 */
export function onClock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ part) => `${part}`.padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/**
 * A short time: 0.4 ms, 240 ms, 1.2 s.
 *
 * @param {number} ms
 * @returns {Figure}
 */
export function inMilliseconds(ms) {
  if (ms >= 1000) return { value: (ms / 1000).toFixed(1), unit: "s" };
  return { value: ms < 10 ? ms.toFixed(1) : ms.toFixed(0), unit: "ms" };
}

/**
 * US dollars: below a dollar in cents, since a minute costs some of them.
 *
 * @param {number} usd
 * @returns {Figure}
 */
export function inDollars(usd) {
  if (usd < 1) return { value: (100 * usd).toFixed(usd < 0.1 ? 1 : 0), unit: "¢" };
  return { value: `$${usd.toFixed(2)}`, unit: "" };
}

/**
 * @param {Figure} figure
 * @returns {string}
 */
export function figureText({ value, unit }) {
  return unit ? `${value} ${unit}` : value;
}

/**
 * The middle one, the lower of two; undefined of none.
 *
 * @param {readonly number[]} values
 * @returns {number | undefined}
 */
export function lowerMedian(values) {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
