/** What the emitted client asks the runtime over HTTP: invocations and runs. */
import * as z from "zod";
import type { Ambient } from "../define/ambient.js";
import type { Endpoint } from "../define/endpoint.js";
import { RunError } from "./run-error.js";

const startedSchema = z.object({ runId: z.string() });

const statusSchema = z.enum(["queued", "running", "waiting", "completed", "failed", "cancelled", "skipped"]);
const errorSchema = z.object({ name: z.string(), message: z.string(), stack: z.string().optional() });

const resultSchema = z.object({ status: statusSchema, output: z.unknown(), error: z.unknown(), reason: z.unknown() });

const runSchema = z.object({
  data: z.object({
    id: z.string(),
    functionId: z.string(),
    status: statusSchema,
    output: z.unknown(),
    error: errorSchema.nullable().catch(null),
    createdAt: z.number(),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
  }),
});
export type RunAnswer = z.infer<typeof runSchema>["data"];

const refusalSchema = z.object({ error: z.object({ message: z.string() }) });

/** The server answers at the latest then; whoever waits longer asks again. */
const longestRequest = 30_000;

export async function startRun(endpoint: Endpoint, functionId: string, data: unknown): Promise<string> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ data }) };
  const answer = await request(endpoint, `/invoke/${encodeURIComponent(functionId)}`, startedSchema, null, init);
  return answer.runId;
}

export async function readRun(endpoint: Endpoint, runId: string): Promise<RunAnswer> {
  return (await request(endpoint, `/v1/runs/${encodeURIComponent(runId)}`, runSchema, runId)).data;
}

/** How a run stands, or how it ended; waits for the end for that long, in ms. */
export type AskResult = (runId: string, waitMs: number) => Promise<RunStanding>;
type RunStanding = z.infer<typeof resultSchema>;

/** Asks the runtime at that address. */
export function askOverHttp(endpoint: Endpoint): AskResult {
  return (runId, waitMs) =>
    request(endpoint, `/v1/runs/${encodeURIComponent(runId)}/result?wait=${Math.floor(waitMs)}`, resultSchema, runId);
}

/** Asks the runtime of this process. */
export function askHere(result: NonNullable<Ambient["result"]>): AskResult {
  return async (runId, waitMs) => {
    const ended = await result(runId, waitMs);
    if (!ended) return { status: "running", output: null, error: null, reason: null };
    return { status: ended.status, output: ended.output, error: ended.output, reason: ended.output };
  };
}

/** @throws RunError unless the run completes within the time */
export async function awaitResult(ask: AskResult, runId: string, timeoutMs: number): Promise<unknown> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await ask(runId, Math.max(0, Math.min(longestRequest, deadline - Date.now())));
    switch (result.status) {
      case "completed":
        return result.output;
      case "failed":
        throw failedRun(runId, result.error);
      case "cancelled":
        throw new RunError("run-cancelled", `run ${runId} was cancelled${reasonText(result.reason)}`, runId);
      case "skipped":
        throw new RunError("run-skipped", `run ${runId} was skipped${reasonText(result.reason)}`, runId);
    }
    if (Date.now() >= deadline) {
      throw new RunError("run-pending", `run ${runId} has not ended after ${timeoutMs} ms`, runId);
    }
  }
}

function failedRun(runId: string, error: unknown): RunError {
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return new RunError("run-failed", `run ${runId} failed`, runId, { cause: error });
  const { name, message, stack } = parsed.data;
  const cause = Object.assign(new Error(message), { name });
  if (stack !== undefined) cause.stack = stack;
  return new RunError("run-failed", `run ${runId} failed: ${message}`, runId, { cause });
}

const reasonText = (reason: unknown): string => (typeof reason === "string" && reason !== "" ? `: ${reason}` : "");

async function request<Answer>(
  endpoint: Endpoint,
  path: string,
  schema: z.ZodType<Answer>,
  runId: string | null,
  init: RequestInit = {},
): Promise<Answer> {
  const url = `${endpoint.apiUrl}${path}`;
  let response: Response;
  let body: unknown;
  try {
    response = await endpoint.fetch(url, init);
    body = await response.json();
  } catch (cause) {
    throw new RunError("request-failed", `${url} could not be read; is the runtime started?`, runId, { cause });
  }
  if (!response.ok) {
    const refusal = refusalSchema.safeParse(body);
    const reason = refusal.success ? refusal.data.error.message : "no reason is given";
    throw new RunError("request-failed", `${url} answered ${response.status}: ${reason}`, runId);
  }
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  throw new RunError("request-failed", `${url} did not answer as a runtime does`, runId, { cause: answer.error });
}
