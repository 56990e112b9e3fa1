import type { EventRecord } from "../store/records.js";
import { RuntimeError, type EngineLimits } from "./engine.js";

/** An event that was accepted: what is stored, and what handlers see. */
export class AcceptedEvent {
  #payload: Readonly<Record<string, unknown>> | null = null;

  constructor(readonly record: EventRecord) {}

  /** Parsed when somebody looks: thousands may wait for their turn. */
  get payload(): Readonly<Record<string, unknown>> {
    return (this.#payload ??= readPayload(this.record));
  }

  get ts(): number {
    return this.record.ts;
  }

  /** How much of a batch the event takes up, in characters of its JSON. */
  get bytes(): number {
    const { data, extra, name } = this.record;
    return data.length + (extra?.length ?? 0) + name.length;
  }
}

export interface EventMaking {
  readonly limits: EngineLimits;
  readonly now: number;
  readonly newId: () => string;
  /** Names it in messages. */
  readonly what: string;
}

interface EventExtras {
  readonly key: string | null;
  readonly ts: number;
  readonly user?: unknown;
  readonly v?: string | undefined;
  readonly meta?: unknown;
}

/** @throws RuntimeError `invalid-event` when it is no JSON, `event-too-large` */
export function makeEvent(
  name: string,
  data: unknown,
  { key, ts, user, v, meta }: EventExtras,
  { limits, now, newId, what }: EventMaking,
): AcceptedEvent {
  const text = writeJson(data, what);
  const extra = user === undefined && v === undefined && meta === undefined ? null : writeJson({ user, v, meta }, what);
  const bytes = text.length + (extra?.length ?? 0) + name.length;
  // Characters are at most three bytes each: the exact count is needed only near the limit.
  if (bytes * 3 > limits.eventBytes) {
    const exact = Buffer.byteLength(text) + Buffer.byteLength(extra ?? "") + Buffer.byteLength(name);
    if (exact > limits.eventBytes) {
      const message = `${what} (\`${name}\`) has ${exact} bytes, the limit is ${limits.eventBytes}`;
      throw new RuntimeError("event-too-large", message, "store the large part elsewhere and send a reference to it");
    }
  }
  const record: EventRecord = { id: newId(), name, key, data: text, extra, ts, receivedAt: now };
  return new AcceptedEvent(record);
}

/** The event as handlers see it. */
export function readPayload(record: EventRecord): Readonly<Record<string, unknown>> {
  return {
    name: record.name,
    data: JSON.parse(record.data),
    id: record.key ?? record.id,
    ts: record.ts,
    ...(record.extra === null ? {} : JSON.parse(record.extra)),
  };
}

function writeJson(value: unknown, what: string): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${what} cannot be written as JSON: ${reason}`;
    throw new RuntimeError("invalid-event", message, "convert bigint values and break circular references");
  }
}
