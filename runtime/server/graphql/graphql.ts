/**
 * `POST /v0/gql`: as much of the Inngest dev server's GraphQL as programs observe runs and events with. Nothing else depends on this
 * folder: with it and its line in `create-server.ts` removed, the runtime is whole.
 */
import type { FastifyInstance } from "fastify";
import * as z from "zod";

import type { Engine } from "../../engine/engine.js";
import type { EventRecord, RunRecord, RunStatus } from "../../store/records.js";
import type { RunSnapshot } from "../../store/store.js";
import { hashOfKey } from "../../protocol/step-hash.js";
import { readBodyText } from "../body-text.js";
import { answerEvent } from "../event-answer.js";
import { answerMetadata, type MetadataAnswer } from "../metadata-answer.js";
import { parseStored } from "../parse-stored.js";
import { RequestError } from "../request-error.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";
import { makeTimeline, type TimelineStep } from "../timeline.js";
import { answerQuery, chooseOperation, type Field } from "./answer-query.js";
import { invalidQuery, readDocument } from "./read-document.js";

const bodySchema = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});
const listSchema = z
  .object({ limit: z.number().int().min(1).nullish(), name: z.string().nullish() })
  .nullish()
  .transform((query) => query ?? {});

/** So many events one answer holds at most. */
const mostListed = 1_000;
/** So many runs of one event. */
const mostRuns = 100;

/** As GraphQL has it, what is wrong with a query stands in an answer of status 200. */
export function addGraphqlRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.post("/v0/gql", async (request) => {
    const body = bodySchema.safeParse(parseSafeJson(readBodyText(request.body), "the body"));
    if (!body.success) throw invalidQuery("the body has no `query`");
    const { query, operationName, variables } = body.data;
    try {
      const document = readDocument(query);
      const operation = chooseOperation(document, operationName || null);
      const given = new Map(Object.entries(variables ?? {}));
      return { data: await answerQuery(operation, document, given, makeRoot(engine)) };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const { code, message, help } = error;
      return { data: null, errors: [{ message, extensions: { code, help } }] };
    }
  });
}

function makeRoot(engine: Engine): Record<string, Field> {
  const { events, runs } = engine.store;
  return {
    run: async (args) => {
      const [snapshot] = await runs.snapshots([readId(args, "runID")]);
      return snapshot ? describeRun(engine, snapshot) : null;
    },
    runTraceSpanOutputByID: (args) => describeOutput(engine, readId(args, "outputID")),
    eventV2: async (args) => {
      const event = await events.get(readId(args, "id"));
      return event && describeEvent(engine, event);
    },
    events: async (args) => {
      const { limit, name } = readList(args);
      const page = await events.list(name ? { name } : {}, Math.min(limit ?? mostListed, mostListed), null);
      return page.items.map((event) => describeEvent(engine, event));
    },
    stream: async (args) => {
      const { limit } = readList(args);
      const page = await events.list({}, Math.min(limit ?? mostListed, mostListed), null);
      return page.items.map((event) => describeEvent(engine, event));
    },
  };
}

function readId(args: ReadonlyMap<string, unknown>, name: string): string {
  const id = args.get(name);
  if (typeof id !== "string") throw invalidQuery(`the argument \`${name}\` is no text`);
  return id;
}

function readList(args: ReadonlyMap<string, unknown>): z.infer<typeof listSchema> {
  const query = listSchema.safeParse(args.get("query"));
  if (!query.success) throw invalidQuery("the argument `query` has a `limit` or a `name` that is none");
  return query.data;
}

function describeEvent(engine: Engine, event: EventRecord): object {
  const { id, key, name, data, user, v, meta, ts, receivedAt } = answerEvent(event);
  const payload = JSON.stringify(data);
  return {
    id,
    name,
    trigger: name,
    idempotencyKey: key,
    payload,
    raw: () => JSON.stringify({ id: key ?? id, name, data, ts, user, v, meta }),
    occurredAt: toTime(ts),
    receivedAt: toTime(receivedAt),
    createdAt: toTime(receivedAt),
    runs: async () => {
      const page = await engine.store.runs.list({ eventId: id }, mostRuns, null);
      return page.items.map((run) => describeBareRun(engine, run));
    },
  };
}

function describeBareRun(engine: Engine, run: RunRecord): object {
  const name = nameOf(engine, run);
  return {
    id: run.id,
    eventID: run.eventId,
    functionID: run.functionId,
    function: { id: run.functionId, slug: run.functionId, name },
    status: statusOf(run.status),
    output: run.output,
    ...timesOf(run),
  };
}

function describeRun(engine: Engine, snapshot: RunSnapshot): object {
  const trace = async (): Promise<object> => {
    const metadata = await engine.store.runs.metadata(snapshot.run.id);
    return describeTrace(engine, snapshot, metadata.map(answerMetadata));
  };
  return { ...describeBareRun(engine, snapshot.run), trace };
}

function nameOf(engine: Engine, { functionId }: RunRecord): string {
  const known = engine.app.functions.find(({ fullId }) => fullId === functionId);
  return known?.entry.name ?? known?.entry.id ?? functionId;
}

function describeTrace(engine: Engine, snapshot: RunSnapshot, metadata: readonly MetadataAnswer[]): object {
  const { run } = snapshot;
  const outputID = run.output === null ? null : encodeOutput(run.id, null);
  const status = statusOf(run.status);
  // How the run ended, beside its steps.
  const finalization = {
    ...bareSpan(run.id, null, `${run.id}/finalization`),
    parentSpanID: run.id,
    name: "Finalization",
    status,
    attempts: run.attempt,
    stepOp: null,
    stepType: "FINALIZATION",
    outputID,
    ...spanTimes(run.endedAt ?? run.createdAt, run.endedAt, run.endedAt),
    childrenSpans: [],
  };
  return {
    ...bareSpan(run.id, null, run.id),
    metadata: describeMetadata(metadata, null),
    isRoot: true,
    parentSpanID: null,
    name: nameOf(engine, run),
    status,
    attempts: run.attempt,
    stepOp: null,
    stepType: "",
    outputID,
    ...timesOf(run),
    childrenSpans: () => [
      ...makeTimeline(snapshot).map((step) => describeStep(run.id, step, metadata)),
      ...(outputID === null ? [] : [finalization]),
    ],
  };
}

/** `attempts` is the number of the last one, from 0. */
function describeStep(runId: string, step: TimelineStep, metadata: readonly MetadataAnswer[]): object {
  const spanId = `${runId}/${hashOfKey(step.id)}`;
  const { op, type } = operationOf(step.tool);
  const attempt = (failure: TimelineStep["failures"][number]): object => ({
    ...bareSpan(runId, step.id, `${spanId}/${failure.attempt}`),
    parentSpanID: spanId,
    name: `Attempt ${failure.attempt}`,
    status: "FAILED",
    attempts: failure.attempt,
    stepOp: op,
    stepType: type,
    outputID: null,
    ...spanTimes(failure.startedAt, failure.startedAt, failure.endedAt),
    childrenSpans: [],
  });
  return {
    ...bareSpan(runId, step.id, spanId),
    metadata: describeMetadata(metadata, hashOfKey(step.id)),
    parentSpanID: runId,
    name: step.name,
    status: { completed: "COMPLETED", failed: "FAILED", retrying: "RUNNING", waiting: "WAITING" }[step.status],
    attempts: step.attempt,
    stepOp: op,
    stepType: type,
    outputID: step.status === "completed" || step.status === "failed" ? encodeOutput(runId, step.id) : null,
    ...spanTimes(step.startedAt, step.startedAt, step.endedAt),
    childrenSpans: step.failures.map(attempt),
  };
}

function bareSpan(runId: string, stepKey: string | null, spanID: string): object {
  const stepID = stepKey === null ? null : hashOfKey(stepKey);
  return { runID: runId, spanID, traceID: runId, stepID, isRoot: false, isUserland: false, metadata: [] };
}

function describeMetadata(all: readonly MetadataAnswer[], of: string | null): object[] {
  return all
    .filter(({ step }) => step === of)
    .map(({ scope, kind, values, updatedAt }) => ({ scope, kind, values, updatedAt: toTime(updatedAt) }));
}

function operationOf(tool: string): { readonly op: string; readonly type: string } {
  const named: Readonly<Record<string, string>> = {
    sleep: "SLEEP",
    waitForEvent: "WAIT_FOR_EVENT",
    waitForSignal: "WAIT_FOR_SIGNAL",
    invoke: "INVOKE",
    ai: "AI_GATEWAY",
  };
  const op = named[tool] ?? "RUN";
  return { op, type: op };
}

async function describeOutput(engine: Engine, outputId: string): Promise<object | null> {
  const { runId, stepKey } = decodeOutput(outputId);
  const [snapshot] = await engine.store.runs.snapshots([runId]);
  if (snapshot === undefined) return null;
  const step = stepKey === null ? null : snapshot.journal.find(({ key }) => key === stepKey);
  const settled = step === null ? snapshot.run : step;
  if (!settled || settled.output === null) return null;
  const input = step?.input ?? null;
  if (settled.status !== "failed") return { input, data: settled.output, error: null };
  return { input, data: null, error: describeError(parseStored(settled.output)) };
}

function describeError(stored: unknown): object {
  const { message, name, stack, cause } = z
    .object({
      message: z.string().catch(""),
      name: z.string().nullable().catch(null),
      stack: z.string().nullable().catch(null),
      cause: z.unknown().optional(),
    })
    .catch({ message: String(stored), name: null, stack: null, cause: null })
    .parse(stored);
  return { message, name, stack, cause: cause ?? null };
}

/** What an output is asked for by; nobody else reads it. */
function encodeOutput(runId: string, stepKey: string | null): string {
  return Buffer.from(JSON.stringify([runId, stepKey])).toString("base64url");
}

function decodeOutput(outputId: string): { readonly runId: string; readonly stepKey: string | null } {
  const text = Buffer.from(outputId, "base64url").toString();
  const parsed = z.tuple([z.string(), z.string().nullable()]).safeParse(parseStored(text));
  if (!parsed.success) throw invalidQuery("the argument `outputID` is none that a span had");
  return { runId: parsed.data[0], stepKey: parsed.data[1] };
}

function statusOf(status: RunStatus): string {
  return status === "waiting" ? "RUNNING" : status.toUpperCase();
}

function timesOf({ createdAt, startedAt, endedAt }: RunRecord): object {
  return spanTimes(createdAt, startedAt, endedAt);
}

function spanTimes(queuedAt: number, startedAt: number | null, endedAt: number | null): object {
  return {
    queuedAt: toTime(queuedAt),
    startedAt: startedAt === null ? null : toTime(startedAt),
    endedAt: endedAt === null ? null : toTime(endedAt),
    duration: startedAt === null || endedAt === null ? null : endedAt - startedAt,
  };
}

const toTime = (ms: number): string => new Date(ms).toISOString();
