import { createHash } from "node:crypto";
import { isSpanContextValid, type SpanContext, TraceFlags } from "@opentelemetry/api";

/** The same for every execution of the run, in whatever process: all of its spans are in one trace. */
export function contextOfRun(runId: string, traceFlags: number): SpanContext {
  const hash = createHash("sha256").update(runId).digest("hex");
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48), traceFlags, isRemote: true };
}

const shape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** What an event carries of its sender's trace; null when it carries none. */
export function readSender(event: unknown): SpanContext | null {
  const meta: unknown = Reflect.get(Object(event), "meta");
  const text: unknown = Reflect.get(Object(meta), "traceparent");
  const found = typeof text === "string" ? shape.exec(text) : null;
  if (!found) return null;
  const traceFlags = Number.parseInt(found[3]!, 16) & TraceFlags.SAMPLED;
  const context: SpanContext = { traceId: found[1]!, spanId: found[2]!, traceFlags, isRemote: true };
  return isSpanContextValid(context) ? context : null;
}

/** `meta` with the place in the trace; `meta` itself where there is none. */
export function writeSender(meta: unknown, context: SpanContext | undefined): unknown {
  if (!context || !isSpanContextValid(context)) return meta;
  const { traceId, spanId, traceFlags, traceState } = context;
  const flags = (traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, "0");
  const state = traceState?.serialize();
  return { ...Object(meta), traceparent: `00-${traceId}-${spanId}-${flags}`, ...(state && { tracestate: state }) };
}
