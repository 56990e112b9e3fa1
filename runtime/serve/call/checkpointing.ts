import { parseDuration } from "../../manifest/duration.js";
import type { ServedFunction } from "../served-application.js";

/** How steps are executed one after the other in one request, with their results posted as they come. */
export interface Checkpointing {
  /** So many results are posted together; 1: each at once. */
  readonly bufferedSteps: number;
  /** A result waits no longer than this for others; 0: without limit. */
  readonly maxIntervalMs: number;
  /** After this long no step is begun any more in the request; 0: without limit. */
  readonly maxRuntimeMs: number;
}

/** As the SDK has it: ten seconds are what the most careful platforms allow to a request. */
const defaults: Checkpointing = { bufferedSteps: 1, maxIntervalMs: 0, maxRuntimeMs: 10_000 };

/** Of the function, else of the client; null where it is switched off. */
export function readCheckpointing({ definition }: ServedFunction): Checkpointing | null {
  const client: unknown = Reflect.get(definition.client, "options");
  const given =
    readOption(definition.config, "checkpointing") ??
    readOption(client, "checkpointing") ??
    readOption(definition.config, "experimentalCheckpointing") ??
    readOption(client, "experimentalCheckpointing") ??
    true;
  if (given === false) return null;
  if (typeof given !== "object") return defaults;
  const { bufferedSteps, maxInterval, maxRuntime } = given as Readonly<Record<string, unknown>>;
  return {
    bufferedSteps: typeof bufferedSteps === "number" && bufferedSteps >= 1 ? Math.floor(bufferedSteps) : 1,
    maxIntervalMs: readMs(maxInterval, defaults.maxIntervalMs),
    maxRuntimeMs: readMs(maxRuntime, defaults.maxRuntimeMs),
  };
}

function readOption(options: unknown, name: string): unknown {
  return typeof options === "object" && options !== null ? (Reflect.get(options, name) ?? undefined) : undefined;
}

function readMs(value: unknown, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const parsed = parseDuration(value);
  return parsed.ok ? parsed.value : otherwise;
}
