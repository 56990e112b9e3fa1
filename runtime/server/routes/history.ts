import type { FastifyInstance } from "fastify";

import { exportRun, type RunHistory } from "../../store/run-history.js";
import type { ServerContext } from "../server-context.js";
import { unknownRun } from "./run.js";

/** `GET /v1/runs/:id/history`: the run as `replay` of the test kit reads it. */
export function addHistoryRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get<{ Params: { id: string } }>("/v1/runs/:id/history", async (request): Promise<RunHistory> => {
    const [snapshot] = await engine.store.runs.snapshots([request.params.id]);
    if (snapshot === undefined) throw unknownRun(request.params.id);
    return exportRun(snapshot);
  });
}
