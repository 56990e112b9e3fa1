/** What `stepwright diff` reads of a deployment: from a running server, or from the database of one that does not run. */
import { existsSync } from "node:fs";

import { manifestsAnswerSchema, openCountAnswerSchema, runsInFlightAnswerSchema } from "../server/routes/deployment.js";
import { readRunInFlight, type RunInFlight } from "../store/run-in-flight.js";
import { mostManifests, type Store } from "../store/store.js";
import { CommandFailure, runReportingFailures } from "./command-failure.js";
import { openExistingStore } from "./open-store.js";
import { parseServerUrl, readAnswer } from "./read-answer.js";

/** Runs are read in pages of so many, so that memory is bounded by the largest of them. */
const pageSize = 50;

export interface DeploymentSource {
  /** Parsed, not validated: the latest first. */
  manifests(): Promise<readonly unknown[]>;
  /** How many runs have not ended. */
  openRuns(): Promise<number>;
  /** The open runs of a function by its full id, newest first. */
  runsOf(functionId: string): AsyncIterable<RunInFlight>;
}

/** Whether it is read with `withDeployment`: a server's URL, or a SQLite database. */
export function isDeployment(where: string): boolean {
  return /^https?:\/\//.test(where) || (existsSync(where) && !where.endsWith(".json"));
}

/** Lends the source to `use` and closes it; gives the exit code, 1 for what a person can do something about. */
export function withDeployment(where: string, use: (source: DeploymentSource) => Promise<number>): Promise<number> {
  return runReportingFailures(async () => {
    if (/^https?:\/\//.test(where)) return use(makeServerSource(parseServerUrl(where)));
    if (where.endsWith(".json")) {
      throw new CommandFailure(
        `\`${where}\` is no database`,
        "name the database, or the URL of the server that has it",
      );
    }
    const store = await openExistingStore(where);
    try {
      return await use(makeStoreSource(store));
    } finally {
      await store.close();
    }
  });
}

function makeStoreSource(store: Store): DeploymentSource {
  return {
    async manifests() {
      return (await store.manifests.list(mostManifests)).map(({ manifest }): unknown => JSON.parse(manifest));
    },
    async openRuns() {
      const { queued, running, waiting } = await store.runs.count();
      return queued + running + waiting;
    },
    async *runsOf(functionId) {
      let cursor: string | null = null;
      do {
        const page = await store.runs.list({ functionId, open: true }, pageSize, cursor);
        for (const snapshot of await store.runs.snapshots(page.items.map(({ id }) => id))) {
          yield readRunInFlight(snapshot);
        }
        cursor = page.next;
      } while (cursor !== null);
    },
  };
}

function makeServerSource(server: URL): DeploymentSource {
  return {
    async manifests() {
      return (await readAnswer(new URL("/v1/deployment/manifests", server), manifestsAnswerSchema)).data;
    },
    async openRuns() {
      return (await readAnswer(new URL("/v1/deployment/open", server), openCountAnswerSchema)).open;
    },
    async *runsOf(functionId) {
      let cursor: string | null = null;
      do {
        const url = new URL(`/v1/deployment/runs?limit=${pageSize}`, server);
        url.searchParams.set("function", functionId);
        if (cursor !== null) url.searchParams.set("cursor", cursor);
        const page: { data: RunInFlight[]; next: string | null } = await readAnswer(url, runsInFlightAnswerSchema);
        yield* page.data;
        cursor = page.next;
      } while (cursor !== null);
    },
  };
}
