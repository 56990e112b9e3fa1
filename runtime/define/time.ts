/** A `Temporal.Duration`, of whichever implementation. */
export interface DurationLike {
  readonly [Symbol.toStringTag]: "Temporal.Duration";
}

/** A `Temporal.Instant`, of whichever implementation. */
export interface InstantLike {
  readonly [Symbol.toStringTag]: "Temporal.Instant";
}

/** A `Temporal.ZonedDateTime`, of whichever implementation. */
export interface ZonedDateTimeLike {
  readonly [Symbol.toStringTag]: "Temporal.ZonedDateTime";
}

/** Milliseconds, a string such as `"3 days"` or `"1h30m"`, or a `Temporal.Duration`. */
export type Wait = number | string | DurationLike;

/** A date, an ISO 8601 string, or a `Temporal` point in time. */
export type PointInTime = Date | string | InstantLike | ZonedDateTimeLike;

/** How long a step waits at most, or until when. */
export type Timeout = number | string | Date | DurationLike | InstantLike | ZonedDateTimeLike;

/** A period such as `"1h30m"`; the form that SDK types demand, accepted here as any string and checked at build. */
export type TimeStr = string;
