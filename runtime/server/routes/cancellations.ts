import type { FastifyInstance } from "fastify";
import * as z from "zod";

import type { CancellationRecord } from "../../store/records.js";
import { readBodyText } from "../body-text.js";
import { readQuery } from "../read-query.js";
import { RequestError } from "../request-error.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";

const moment = z.iso.datetime({ offset: true, message: "is no time such as 2026-01-31T12:00:00Z" });

const bodySchema = z.strictObject({
  app_id: z.string().min(1),
  /** Without the app's prefix. */
  function_id: z.string().min(1),
  /** Only runs made then or later. */
  started_after: moment.nullish(),
  /** Only runs made before. */
  started_before: moment.nullish(),
  /** CEL over `event`, the run's. */
  if: z.string().min(1).nullish(),
});

const querySchema = z.strictObject({ dry_run: z.enum(["true", "false"]).default("false") });
const listQuerySchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) });

const cancellationSchema = z.strictObject({
  id: z.string(),
  /** The full id: `<app>-<function>`. */
  function_id: z.string(),
  started_after: z.string().nullable(),
  started_before: z.string().nullable(),
  if: z.string().nullable(),
  created_at: z.string(),
  /** Null while there are runs left to look at. */
  ended_at: z.string().nullable(),
  /** How many runs it has cancelled so far. */
  count: z.number().int(),
});

export const cancellationAnswerSchema = z.strictObject({ data: cancellationSchema });
export const cancellationsAnswerSchema = z.strictObject({ data: z.array(cancellationSchema) });
export const cancellableAnswerSchema = z.strictObject({ data: z.strictObject({ count: z.number().int() }) });

/**
 * `POST /v1/cancellations` cancels all runs of a function that a time range and a condition mean: 201 as soon as that is durable.
 * With `?dry_run=true` it says how many there are, and cancels none. `GET` tells how far each has come.
 */
export function addCancellationsRoutes(server: FastifyInstance, { engine, remotes }: ServerContext): void {
  server.post("/v1/cancellations", async (request, reply) => {
    const { dry_run } = readQuery(querySchema, request.query);
    const body = readQuery(bodySchema, parseSafeJson(readBodyText(request.body), "the body"));
    const apps = [engine.app.appId, ...remotes.all.map(({ id }) => id)];
    if (!apps.includes(body.app_id)) {
      const message = `there is no application \`${body.app_id}\``;
      const known = apps.slice(0, 10).join("`, `");
      throw new RequestError(404, "unknown-app", message, `this server runs \`${known}\``);
    }
    const asked = {
      appId: body.app_id,
      functionId: body.function_id,
      startedAfter: toMs(body.started_after),
      startedBefore: toMs(body.started_before),
      if: body.if ?? null,
    };
    if (dry_run === "true") {
      const count = await engine.cancelling.count(asked);
      return { data: { count } } satisfies z.infer<typeof cancellableAnswerSchema>;
    }
    const record = await engine.cancelling.cancelMany(asked);
    void reply.code(201);
    return { data: answerCancellation(record) } satisfies z.infer<typeof cancellationAnswerSchema>;
  });

  server.get("/v1/cancellations", async (request): Promise<z.infer<typeof cancellationsAnswerSchema>> => {
    const { limit } = readQuery(listQuerySchema, request.query);
    const records = await engine.store.cancellations.list(limit);
    return { data: records.map(answerCancellation) };
  });

  server.get<{ Params: { id: string } }>(
    "/v1/cancellations/:id",
    async (request): Promise<z.infer<typeof cancellationAnswerSchema>> => {
      const { id } = request.params;
      const record = await engine.store.cancellations.get(id);
      if (record) return { data: answerCancellation(record) };
      const help = "`GET /v1/cancellations` lists them";
      throw new RequestError(404, "unknown-cancellation", `there is no cancellation \`${id}\``, help);
    },
  );
}

function answerCancellation(record: CancellationRecord): z.infer<typeof cancellationSchema> {
  return {
    id: record.id,
    function_id: record.functionId,
    started_after: toText(record.startedAfter),
    started_before: toText(record.startedBefore),
    if: record.condition,
    created_at: new Date(record.createdAt).toISOString(),
    ended_at: toText(record.endedAt),
    count: record.count,
  };
}

const toMs = (text: string | null | undefined): number | null => (text ? Date.parse(text) : null);
const toText = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
