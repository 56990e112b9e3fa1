/**
 * An expression that parsed but has no value for this event: `1 / 0`, `"a" < 1`. The caller decides what follows:
 * a condition counts as false, a key as none.
 */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}
