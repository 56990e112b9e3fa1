import { formatDuration } from "../../manifest/duration.js";

/** Why a run is cancelled. It becomes the run's output. */
export type CancelReason =
  /** Somebody asked for this one. */
  | { readonly kind: "request" }
  /** One of many. */
  | { readonly kind: "bulk"; readonly cancellationId: string }
  /** `cancelOn`. */
  | { readonly kind: "event"; readonly event: string; readonly eventId: string }
  /** `timeouts`. */
  | { readonly kind: "timeout"; readonly timeout: "start" | "finish"; readonly ms: number }
  /** The run that invoked it was cancelled, and had asked for `cancelChildren`. */
  | { readonly kind: "parent"; readonly runId: string }
  /** A later run of its singleton has taken its place. */
  | { readonly kind: "singleton"; readonly runId: string | null };

/** The JSON text that is stored: the reason with its message. */
export function writeReason(reason: CancelReason): string {
  return JSON.stringify({ ...reason, message: describeReason(reason) });
}

/** As `writeReason` wrote it. */
export function readReason(text: string): CancelReason {
  return JSON.parse(text) as CancelReason;
}

/** For people: what is said of the run. */
export function describeReason(reason: CancelReason): string {
  switch (reason.kind) {
    case "request":
      return "cancelled on request";
    case "bulk":
      return "cancelled with others";
    case "event":
      return `cancelled by event \`${reason.event}\``;
    case "timeout":
      return `not ${reason.timeout === "start" ? "started" : "finished"} within ${formatDuration(reason.ms)}`;
    case "parent":
      return "the run that invoked it was cancelled";
    case "singleton":
      return "a later run has taken its place";
  }
}
