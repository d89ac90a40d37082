/**
 * Whether two values are the same as data: primitives, arrays and plain objects, compared deeply. A property
 * that is undefined is not the same as one that is missing. Both values must be free of cycles.
 */
export function sameData(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) =>
    Object.hasOwn(other, name) &&
    sameData((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name])
  );
}
