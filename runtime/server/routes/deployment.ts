import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { readRunInFlight, runInFlightSchema } from "../../store/run-in-flight.js";
import { mostManifests } from "../../store/store.js";
import { parseStored } from "../parse-stored.js";
import { pageQueryShape, readQuery } from "../read-query.js";
import type { ServerContext } from "../server-context.js";

export const manifestsAnswerSchema = z.strictObject({ data: z.array(z.unknown()) });

const runsQuerySchema = z.strictObject({
  ...pageQueryShape,
  /** The full id. */
  function: z.string().min(1).max(512),
});

export const runsInFlightAnswerSchema = z.strictObject({
  data: z.array(runInFlightSchema),
  next: z.string().nullable(),
});

export const openCountAnswerSchema = z.strictObject({ open: z.number().int() });

/** What the comparison of a new deployment with the running one reads: `/v1/deployment/{manifests,runs,open}`. */
export function addDeploymentRoutes(server: FastifyInstance, { engine }: ServerContext): void {
  const { store } = engine;
  server.get("/v1/deployment/manifests", async (): Promise<z.infer<typeof manifestsAnswerSchema>> => {
    const kept = await store.manifests.list(mostManifests);
    return { data: kept.map(({ manifest }) => parseStored(manifest)) };
  });
  server.get("/v1/deployment/open", async (): Promise<z.infer<typeof openCountAnswerSchema>> => {
    const { queued, running, waiting } = await store.runs.count();
    return { open: queued + running + waiting };
  });
  server.get("/v1/deployment/runs", async (request): Promise<z.infer<typeof runsInFlightAnswerSchema>> => {
    const query = readQuery(runsQuerySchema, request.query);
    const page = await store.runs.list({ functionId: query.function, open: true }, query.limit, query.cursor ?? null);
    const snapshots = await store.runs.snapshots(page.items.map(({ id }) => id));
    return { data: snapshots.map(readRunInFlight), next: page.next };
  });
}
