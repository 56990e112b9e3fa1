/** How encrypted values are marked: as @inngest/middleware-encryption does it, so that either side can read the other's. */
export const sealMark = "__ENCRYPTED__";

/** A value that only somebody with the key can read; no schema describes it. */
export function isSealed(value: unknown): value is { readonly [sealMark]: true; readonly data: string } {
  if (typeof value !== "object" || value === null) return false;
  return Reflect.get(value, sealMark) === true && typeof Reflect.get(value, "data") === "string";
}

/** Whether a field of an event's data is encrypted. */
export function hasSealedField(data: unknown): boolean {
  return typeof data === "object" && data !== null && Object.values(data).some(isSealed);
}
