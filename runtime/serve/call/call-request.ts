import * as z from "zod";
import type { KnownDeferral } from "../../transport/deferral-request.js";
import type { RuntimeApi } from "../runtime-api.js";
import { parseBody } from "../safe-body.js";
import { ServeError } from "../serve-error.js";
import { readResults, type StepResult } from "./step-results.js";

const eventSchema = z.looseObject({ name: z.string(), data: z.unknown() });
type CallEvent = z.infer<typeof eventSchema>;

const callSchema = z.object({
  event: eventSchema.optional(),
  events: z.array(eventSchema).default([]),
  steps: z.unknown(),
  defers: z.record(z.string(), z.object({ abortable: z.boolean().nullish() })).nullish(),
  ctx: z.object({
    run_id: z.string().min(1).max(200),
    fn_id: z.string().max(500).nullish(),
    attempt: z.number().int().min(0).default(0),
    max_attempts: z.number().int().min(0).nullish(),
    disable_immediate_execution: z.boolean().nullish(),
    use_api: z.boolean().nullish(),
    qi_id: z.string().max(2_000).nullish(),
    stack: z.object({ stack: z.array(z.string()).nullish(), current: z.number().nullish() }).nullish(),
  }),
});

/** What a runtime asks for in one request: to go on with a run from what is recorded. */
export interface CallRequest {
  readonly runId: string;
  /** The runtime's own id of the function, which checkpoints name. */
  readonly internalFnId: string | null;
  readonly queueItemId: string | null;
  readonly events: readonly [CallEvent, ...CallEvent[]];
  /** Zero-based. */
  readonly attempt: number;
  /** Null: the runtime alone counts. */
  readonly maxAttempts: number | null;
  /** Steps are only planned; each is executed by a call that names it. */
  readonly planOnly: boolean;
  /** Recorded results by the hash of the step's key. */
  readonly results: ReadonlyMap<string, StepResult>;
  /** The hashes in the order in which the steps ended. */
  readonly order: readonly string[];
  /** The runs that earlier requests have deferred. */
  readonly deferrals: readonly KnownDeferral[];
}

/**
 * Reads a call; events and results that were too large for it are fetched from the runtime.
 *
 * @throws ServeError `malformed-body`, `state-unavailable`
 */
export async function readCall(body: unknown, api: RuntimeApi): Promise<CallRequest> {
  const parsed = callSchema.safeParse(body);
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error));
  const { ctx, event } = parsed.data;
  let { events, steps } = parsed.data;
  if (ctx.use_api) {
    const run = `/v0/runs/${encodeURIComponent(ctx.run_id)}`;
    [events, steps] = await Promise.all([fetchEvents(api, `${run}/batch`), fetchState(api, `${run}/actions`)]);
  }
  // `event` is the first of them; what was fetched is complete.
  const [first, ...rest] = ctx.use_api || !event ? events : [event, ...events.slice(1)];
  if (!first) throw malformed("it has no event");
  const results = readResults(steps);
  return {
    runId: ctx.run_id,
    internalFnId: ctx.fn_id ?? null,
    queueItemId: ctx.qi_id ?? null,
    events: [first, ...rest],
    attempt: ctx.attempt,
    maxAttempts: ctx.max_attempts || null,
    planOnly: ctx.disable_immediate_execution ?? false,
    results,
    deferrals: Object.entries(parsed.data.defers ?? {}).map(([hash, { abortable }]) => ({
      hash,
      abortable: abortable ?? true,
    })),
    order: [...new Set([...(ctx.stack?.stack ?? []), ...results.keys()])],
  };
}

const malformed = (why: string) => new ServeError("malformed-body", `this is not a call of a function: ${why}`);

async function fetchEvents(api: RuntimeApi, path: string): Promise<CallEvent[]> {
  const parsed = z
    .array(eventSchema)
    .min(1)
    .safeParse(await fetchState(api, path));
  if (parsed.success) return parsed.data;
  throw new ServeError("state-unavailable", `${path} did not answer with events: ${z.prettifyError(parsed.error)}`);
}

async function fetchState(api: RuntimeApi, path: string): Promise<unknown> {
  let answer: Awaited<ReturnType<RuntimeApi["get"]>>;
  try {
    answer = await api.get(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServeError("state-unavailable", `${path} cannot be reached: ${why}`, { cause });
  }
  if (answer.status !== 200) {
    throw new ServeError("state-unavailable", `${path} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
  return parseBody(answer.text);
}
