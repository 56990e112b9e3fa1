/** `2030-01-31`, `2030-01-31T09:00Z`, `2030-01-31T09:00:00.5+01:00`. */
const isoText = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** An ISO 8601 date, with or without a time of day, in ms since 1970; null for any other text. */
export function parseIsoMoment(text: string): number | null {
  const ms = isoText.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
