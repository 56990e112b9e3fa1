/** Where `stepwright runs` reads: a running server, or the database of one that does not run. */
import type * as z from "zod";

import { type EventRunsAnswer, eventRunsAnswerSchema, listEventRuns } from "../server/event-fate.js";
import { answerWaiting } from "../server/waiting-answer.js";
import { answerEvent } from "../server/event-answer.js";
import { runDetailAnswerSchema, type RunDetailAnswer } from "../server/routes/run.js";
import { runsAnswerSchema } from "../server/routes/runs.js";
import { answerMetadata } from "../server/metadata-answer.js";
import { answerRun } from "../server/run-answer.js";
import { makeTimeline } from "../server/timeline.js";
import type { RunStatus } from "../store/records.js";
import { exportRun, type RunHistory, runHistorySchema } from "../store/run-history.js";
import type { RunSnapshot, Store } from "../store/store.js";
import { CommandFailure } from "./command-failure.js";
import { openExistingStore } from "./open-store.js";
import { parseServerUrl, readAnswer } from "./read-answer.js";

export interface RunListing {
  readonly function?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type RunPage = z.infer<typeof runsAnswerSchema>;
export type RunDetail = RunDetailAnswer["data"];

export interface RunSource {
  list(listing: RunListing): Promise<RunPage>;
  /** The runs of one event, each with what became of it there. */
  ofEvent(eventId: string, limit: number): Promise<EventRunsAnswer>;
  /** @throws CommandFailure when there is none */
  show(id: string): Promise<RunDetail>;
  /** @throws CommandFailure when there is none */
  export(id: string): Promise<RunHistory>;
}

/** Lends the source to `use` and closes it. @throws CommandFailure | StoreError */
export async function withRunSource<T>(
  where: { readonly url: string; readonly db?: string | undefined },
  use: (source: RunSource) => Promise<T>,
): Promise<T> {
  if (where.db === undefined) return use(makeServerSource(parseServerUrl(where.url)));
  const store = await openExistingStore(where.db);
  try {
    return await use(makeStoreSource(store));
  } finally {
    await store.close();
  }
}

function makeServerSource(server: URL): RunSource {
  return {
    list(listing) {
      const url = new URL("/v1/runs", server);
      for (const [name, value] of Object.entries(listing)) {
        if (value !== undefined) url.searchParams.set(name, String(value));
      }
      return readAnswer(url, runsAnswerSchema);
    },
    ofEvent(eventId, limit) {
      const url = new URL(`/v1/events/${encodeURIComponent(eventId)}/runs?limit=${limit}`, server);
      return readAnswer(url, eventRunsAnswerSchema);
    },
    async show(id) {
      const url = new URL(`/v1/runs/${encodeURIComponent(id)}`, server);
      return (await readAnswer(url, runDetailAnswerSchema)).data;
    },
    export(id) {
      return readAnswer(new URL(`/v1/runs/${encodeURIComponent(id)}/history`, server), runHistorySchema);
    },
  };
}

function makeStoreSource(store: Store): RunSource {
  return {
    async list({ function: functionId, status, limit, cursor }) {
      const filter = {
        ...(functionId === undefined ? {} : { functionId }),
        ...(status === undefined ? {} : { status }),
      };
      const page = await store.runs.list(filter, limit, cursor ?? null);
      return { data: page.items.map(answerRun), next: page.next };
    },
    async ofEvent(eventId, limit) {
      const answer = await listEventRuns(store, eventId, limit, null);
      if (answer.data.length > 0 || (await store.events.get(eventId))) return answer;
      throw new CommandFailure(`there is no event \`${eventId}\``, "`GET /v1/events` lists them");
    },
    async show(id) {
      const snapshot = await findSnapshot(store, id);
      return {
        ...answerRun(snapshot.run),
        events: snapshot.events.map(answerEvent),
        steps: makeTimeline(snapshot),
        metadata: (await store.runs.metadata(id)).map(answerMetadata),
        waitsFor: answerWaiting(await store.flow.waiting(id)),
      };
    },
    async export(id) {
      return exportRun(await findSnapshot(store, id));
    },
  };
}

async function findSnapshot(store: Store, id: string): Promise<RunSnapshot> {
  const [snapshot] = await store.runs.snapshots([id]);
  if (snapshot) return snapshot;
  throw new CommandFailure(`there is no run \`${id}\``, "`stepwright runs list` lists them");
}
