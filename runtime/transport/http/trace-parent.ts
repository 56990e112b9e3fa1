import { createHash } from "node:crypto";

const shape = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The place of a run's requests in a trace, as W3C's Trace Context writes it: that of the event's sender, where it gave one, else one
 * that is the same for all requests of the run. Applications hang their own spans below it.
 */
export function traceParentOf(event: unknown, runId: string): string {
  const meta: unknown = Reflect.get(Object(event), "meta");
  const given: unknown = Reflect.get(Object(meta), "traceparent");
  if (typeof given === "string" && shape.test(given)) return given;
  const hash = createHash("sha256").update(runId).digest("hex");
  return `00-${hash.slice(0, 32)}-${hash.slice(32, 48)}-01`;
}
