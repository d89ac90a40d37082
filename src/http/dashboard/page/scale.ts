/** Steps that read well, by powers of ten. */
const STEPS = [1, 2, 5, 10];

/**
 * Round values from 0 up to the first one that is not below `most`, about `count` of them.
 * @param least the smallest step, 1 for what comes in whole numbers
 */
export function ticks(most: number, count: number, least = 0): number[] {
  const raw = Math.max(most / count, least, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * STEPS.find((each) => each * power >= raw * 0.999)!;
  const values = [0];
  while (values.at(-1)! < most * 0.999) values.push(values.length * step);
  if (values.length === 1) values.push(step);
  return values;
}
