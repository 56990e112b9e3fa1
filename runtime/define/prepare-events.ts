import type { PreparedEvent } from "./ambient.js";
import { readBrand } from "./brand.js";
import { checkAgainstSchema } from "./check-schema.js";
import { StepwrightError } from "./errors.js";
import { createEventId } from "./event-id.js";
import type { StandardSchemaV1 } from "./standard-schema.js";

/** 512 KiB of JSON. */
export const defaultMaxEventBytes = 512 * 1024;
const maxEvents = 5000;
const maxNameLength = 512;

export interface PrepareOptions {
  schemas: ReadonlyMap<string, StandardSchemaV1> | undefined;
  maxEventBytes: number;
  now: number;
}

/** Checks every event before any of them leaves, and fills in `id`, `ts` and `data`. The given objects stay as they are. */
export async function prepareEvents(given: readonly unknown[], options: PrepareOptions): Promise<PreparedEvent[]> {
  if (given.length > maxEvents) {
    throw new StepwrightError("too-many-events", `${given.length} events, the limit is ${maxEvents}`);
  }
  const prepared: PreparedEvent[] = [];
  for (const event of given) prepared.push(await prepareEvent(event, options));
  return prepared;
}

async function prepareEvent(given: unknown, { schemas, maxEventBytes, now }: PrepareOptions): Promise<PreparedEvent> {
  if (readBrand(given, "event-type") === true) {
    throw new StepwrightError("invalid-event", "this is an event type", { help: "send `type.create(data)`" });
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new StepwrightError("invalid-event", `got ${given === null ? "null" : typeof given}`);
  }
  const source = given as Record<string, unknown>;
  const name = readName(source["name"]);
  checkField(name, "id", source["id"], (id) => typeof id === "string" && id !== "");
  checkField(name, "ts", source["ts"], (ts) => typeof ts === "number" && Number.isFinite(ts));
  const data = source["data"] ?? {};
  checkField(name, "data", data, (value) => typeof value === "object" && !Array.isArray(value));

  // an event made by `EventType.create` brings its own check
  const validate = source["validate"];
  if (typeof validate === "function") await validate.call(given);
  const schema = schemas?.get(name);
  if (schema) await checkAgainstSchema(name, schema, data);

  const { validate: _, ...fields } = source;
  const event: PreparedEvent = {
    ...fields,
    name,
    data,
    id: (source["id"] as string | undefined) ?? createEventId(),
    ts: (source["ts"] as number | undefined) ?? now,
  };
  checkSize(event, maxEventBytes);
  return event;
}

function readName(name: unknown): string {
  if (typeof name !== "string" || name === "") throw new StepwrightError("missing-event-name");
  if (name.length > maxNameLength) {
    throw new StepwrightError("invalid-event", `\`name\` has ${name.length} characters, the limit is ${maxNameLength}`);
  }
  return name;
}

function checkField(name: string, field: string, value: unknown, accepts: (value: unknown) => boolean): void {
  if (value === undefined || value === null || accepts(value)) return;
  throw new StepwrightError("invalid-event", `\`${name}\` has an invalid \`${field}\``);
}

function checkSize(event: PreparedEvent, limit: number): void {
  let json: string;
  try {
    json = JSON.stringify(event);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StepwrightError("event-not-serializable", `\`${event.name}\`: ${reason}`, { cause });
  }
  // no character has more than three bytes for each UTF-16 unit: most events need no second look
  if (json.length * 3 <= limit) return;
  const bytes = new TextEncoder().encode(json).length;
  if (bytes <= limit) return;
  throw new StepwrightError("event-too-large", `\`${event.name}\` has ${bytes} bytes, the limit is ${limit}`);
}
