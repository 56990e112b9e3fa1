/**
 * Marks that survive two copies of the package in one program: a symbol from the global registry is the same in both,
 * where `instanceof` is not.
 */
export type BrandName =
  "client" | "function" | "reference" | "event-type" | "event-schemas" | "middleware" | "error" | "deferred";

const brands: Record<BrandName, symbol> = {
  client: Symbol.for("stepwright.client"),
  function: Symbol.for("stepwright.function"),
  reference: Symbol.for("stepwright.reference"),
  "event-type": Symbol.for("stepwright.event-type"),
  "event-schemas": Symbol.for("stepwright.event-schemas"),
  middleware: Symbol.for("stepwright.middleware"),
  error: Symbol.for("stepwright.error"),
  deferred: Symbol.for("stepwright.deferred"),
};

/** Puts the mark on a class: all its instances, and those of its subclasses, carry it. */
export function brandClass(target: { prototype: object }, name: BrandName, value: string | true = true): void {
  Object.defineProperty(target.prototype, brands[name], { value, enumerable: false });
}

/** Puts the mark on one object. */
export function brandObject(target: object, name: BrandName): void {
  Object.defineProperty(target, brands[name], { value: true, enumerable: false });
}

/** The mark's value, or undefined where the value is not one of ours. Never throws. */
export function readBrand(value: unknown, name: BrandName): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  return Reflect.get(value, brands[name]);
}
