/** Applications that are somewhere else, as they register themselves. */
import { createHash } from "node:crypto";
import * as z from "zod";

import { RemoteFunction } from "../define/remote-function.js";
import { workerUrl } from "../define/worker-url.js";
import { type FunctionEntry, functionEntrySchema, manifestSchema } from "../manifest/manifest.js";
import { ApplicationError } from "./application-error.js";
import { type Application, type ApplicationFunction, joinFunctions } from "./application.js";
import { describeFunction } from "./describe-function.js";

/** An application has at most so many functions. */
const mostFunctions = 1_000;

const triggerSchema = z.union([
  z.object({ event: z.string(), expression: z.string().nullish() }),
  z.object({ cron: z.string(), jitter: z.string().nullish() }),
]);

/** What its configuration means is checked where that of all functions is. */
const functionSchema = z.object({
  /** `<app>-<id>`. */
  id: z.string().min(1).max(512),
  name: z.string().nullish(),
  triggers: z.array(triggerSchema).nullish(),
  steps: z.record(
    z.string(),
    z.object({
      /** `type`: `ws` where its workers dial out, `endpoint` where the application begins its runs; else `http`. */
      runtime: z.object({ type: z.string().optional(), url: z.string().optional() }),
      retries: z.object({ attempts: z.number().nullish() }).nullish(),
    }),
  ),
  idempotency: z.unknown().optional(),
  batchEvents: z.unknown().optional(),
  rateLimit: z.unknown().optional(),
  throttle: z.unknown().optional(),
  concurrency: z.unknown().optional(),
  debounce: z.unknown().optional(),
  priority: z.unknown().optional(),
  timeouts: z.unknown().optional(),
  singleton: z.unknown().optional(),
  cancel: z.unknown().optional(),
});

/** The body of `POST /fn/register`, and of the answer to an in-band sync, which calls the application `app_id`. */
export const registrationSchema = z
  .object({
    appName: z.string().min(1).max(256).optional(),
    app_id: z.string().min(1).max(256).optional(),
    url: z.string(),
    sdk: z.string().nullish(),
    framework: z.string().nullish(),
    functions: z.array(functionSchema).max(mostFunctions),
    /** Of applications that use this package: which build it is, and all of it in an in-band sync. */
    manifestHash: z.string().max(200).nullish(),
    manifest: z.unknown().optional(),
  })
  .refine(({ appName, app_id }) => appName !== undefined || app_id !== undefined, {
    message: "the application has no name",
    path: ["appName"],
  });
export type Registration = z.infer<typeof registrationSchema>;

/** An application in other processes. */
export interface RemoteApplication {
  readonly id: string;
  /** Where it is served; `connect:` and its id where its workers dial out. */
  readonly url: string;
  readonly sdk: string | null;
  /** Of the build that registered, where it says so. */
  readonly manifestHash: string | null;
  readonly functions: readonly ApplicationFunction[];
  /** Of all that matters for running it: the same for the same functions at the same place. */
  readonly hash: string;
}

/** @throws ApplicationError `invalid-function`, `duplicate-function-id` */
export function describeRemote(registration: Registration): RemoteApplication {
  const id = registration.appName ?? registration.app_id ?? "";
  const definitions = registration.functions.map((fn) => toDefinition(id, fn));
  const known = readEntries(registration.manifest);
  const functions = joinFunctions(
    id,
    definitions.map((definition) => ({
      definition,
      entry: known.get(definition.id) ?? functionEntrySchema.parse(describeFunction(definition)),
    })),
  );
  const parts = functions.map(({ entry }, index) => [entry.id, entry.hash, definitions[index]?.url]);
  return {
    id,
    url: registration.url,
    sdk: registration.sdk ?? null,
    manifestHash: registration.manifestHash ?? null,
    functions,
    hash: createHash("sha256").update(JSON.stringify(parts)).digest("hex"),
  };
}

/**
 * The functions as the application's own manifest describes them, which says more than the protocol does. None where it
 * has no manifest, or that of a version that this runtime does not know; functions are left out whose configuration is
 * known only where they are loaded.
 */
function readEntries(manifest: unknown): ReadonlyMap<string, FunctionEntry> {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) return new Map();
  // Lifecycle handlers are functions of their own, in the protocol.
  const handlers = { onFailure: false, onCancel: false, onComplete: false };
  const complete = parsed.data.functions.filter(({ opaque }) => opaque.length === 0);
  return new Map(complete.map((entry) => [entry.id, { ...entry, handlers }]));
}

/** The functions of an application and those of the others, to be run together. A remote one never hides one of `local`. */
export function joinApplications(local: Application, remotes: readonly RemoteApplication[]): Application {
  const taken = new Set(local.functions.map(({ fullId }) => fullId));
  const others = remotes.flatMap(({ functions }) => functions.filter(({ fullId }) => !taken.has(fullId)));
  return { ...local, functions: [...local.functions, ...others] };
}

function toDefinition(appId: string, fn: z.infer<typeof functionSchema>): RemoteFunction {
  const prefix = `${appId}-`;
  const { name, steps, triggers, cancel, id: fullId, ...policies } = fn;
  const id = fullId.startsWith(prefix) ? fullId.slice(prefix.length) : fullId;
  const [step] = Object.values(steps);
  if (!step) throw new ApplicationError("invalid-function", `the configuration of \`${id}\` names no step`);
  const url = step.runtime.type === "ws" ? workerUrl(appId, fullId) : readUrl(id, step.runtime.url ?? "");
  const attempts = step.retries?.attempts;
  const given = { ...policies, name, cancelOn: cancel, retries: attempts ?? undefined };
  return new RemoteFunction({
    id,
    appId,
    url,
    isEndpoint: step.runtime.type === "endpoint",
    config: { id, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) },
    triggers: (triggers ?? []).map(toTrigger),
  });
}

function toTrigger(trigger: z.infer<typeof triggerSchema>): object {
  if ("cron" in trigger) return { cron: trigger.cron, ...(trigger.jitter && { jitter: trigger.jitter }) };
  return { event: trigger.event, ...(trigger.expression && { if: trigger.expression }) };
}

function readUrl(id: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.href;
  throw new ApplicationError(
    "invalid-function",
    `\`${id}\` is to be called at \`${text.slice(0, 200)}\`, which is no HTTP address`,
    "serve the application over HTTP, and let its `serveOrigin` be an absolute URL",
  );
}
