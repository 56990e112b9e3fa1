/** Limits of numbers and strings that a constant breaks for certain. What a validator may see differently passes. */
import type { NumberShape, StringShape } from "../2-model/shape.js";

export function contradictsNumber(value: number, limits: NumberShape): boolean {
  const { integer, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = limits;
  return (
    (integer === true && !Number.isInteger(value)) ||
    (minimum !== undefined && value < minimum) ||
    (maximum !== undefined && value > maximum) ||
    (exclusiveMinimum !== undefined && value <= exclusiveMinimum) ||
    (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
  );
}

/** Patterns are not tried: JSON Schema drops their flags, so a match here says little. */
export function contradictsString(value: string, limits: StringShape): boolean {
  return (
    (limits.minLength !== undefined && value.length < limits.minLength) ||
    // A schema may trim before it measures.
    (limits.maxLength !== undefined && value.trim().length > limits.maxLength) ||
    (limits.format !== undefined && contradictsFormat(value, limits.format))
  );
}

/** Far looser than any validator, so that no two of them can disagree with it. */
function contradictsFormat(value: string, format: string): boolean {
  switch (format) {
    case "email":
      return !/^[^@\s]+@[^@\s]+$/.test(value);
    case "uuid":
      return !/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value);
    case "uri":
      return !URL.canParse(value);
    case "date-time":
      return Number.isNaN(Date.parse(value));
    default:
      return false;
  }
}
