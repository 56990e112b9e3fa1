/** What an application fetches of a run that it executes, where the request to it would have been too large with it. */
import type { FastifyInstance, FastifyReply } from "fastify";

import { readPayload } from "../../engine/event-record.js";
import type { RunSnapshot } from "../../store/store.js";
import { writeEvents, writeSteps } from "../../transport/http/run-state.js";
import type { ServerContext } from "../server-context.js";

/**
 * `GET /v0/runs/:id/actions`: the results of the run's settled steps, by the wire forms of their keys, in the order in which they were
 * settled. `GET /v0/runs/:id/batch`: its events.
 */
export function addRunStateRoutes(server: FastifyInstance, { engine }: ServerContext): void {
  const add = (part: string, write: (snapshot: RunSnapshot) => string): void => {
    server.get<{ Params: { id: string } }>(`/v0/runs/:id/${part}`, async (request, reply) => {
      const [snapshot] = await engine.store.runs.snapshots([request.params.id]);
      void reply.type("application/json");
      return snapshot ? write(snapshot) : refuseUnknown(reply, request.params.id);
    });
  };
  add("actions", ({ journal }) => writeSteps(journal));
  add("batch", ({ run, events }) => writeEvents(events.map(readPayload), run.functionId));
}

/** SDKs print a text, and take nothing else for an error. */
function refuseUnknown(reply: FastifyReply, id: string): string {
  void reply.code(404);
  return JSON.stringify({ error: `there is no run \`${id.slice(0, 100)}\` (unknown-run)`, status: 404 });
}
