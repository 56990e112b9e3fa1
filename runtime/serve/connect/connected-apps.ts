/** What a worker runs, as it tells the runtime and as it is called. */
import type { Draft, Message } from "../../transport/connect/wire/codec.js";
import {
  type executorRequest,
  type reply,
  replyStatus,
  type workerConnect,
} from "../../transport/connect/wire/messages.js";
import { isStepwright } from "../../define/client.js";
import { ServeEndpoint } from "../endpoint.js";
import { ServeError } from "../serve-error.js";
import { isApplication, type Served } from "../serve-options.js";
import { readServed } from "../served-application.js";
import { describeForWire } from "../sync/wire-config.js";

export const frameworkName = "connect";
const mostApps = 100;
/** Nothing is called there. */
const nowhere = new URL("wss://connect");
/** The protocol of requests; only its query is read. */
const callUrl = "http://connect/";

interface ConnectedApp {
  readonly id: string;
  readonly version: string | undefined;
  readonly env: string | null;
  readonly functions: string;
  readonly endpoint: ServeEndpoint;
}

export class ConnectedApps {
  readonly #apps = new Map<string, ConnectedApp>();

  /** @throws ServeError `invalid-apps`, `duplicate-app`, `mixed-environments`, or what `serve` would throw */
  constructor(apps: readonly Served[]) {
    if (!Array.isArray(apps) || apps.length === 0 || apps.length > mostApps) {
      throw new ServeError("invalid-apps", "there is no application to run, or there are too many");
    }
    for (const served of apps) {
      const app = readApp(served);
      if (this.#apps.has(app.id)) throw new ServeError("duplicate-app", `\`${app.id}\` is there twice`);
      this.#apps.set(app.id, app);
    }
    const [first, ...others] = this.#apps.values();
    const other = others.find(({ env }) => env !== first?.env);
    if (other)
      throw new ServeError("mixed-environments", `\`${first?.id}\` and \`${other.id}\` are of two environments`);
  }

  has(appId: string): boolean {
    return this.#apps.has(appId);
  }

  describe(): NonNullable<Draft<typeof workerConnect>["apps"]> {
    return [...this.#apps.values()].map(({ id, version, functions }) => ({
      appName: id,
      ...(version !== undefined && { appVersion: version }),
      functions: Buffer.from(functions),
    }));
  }

  /** Never rejects. */
  async answer(call: Message<typeof executorRequest>, signal: AbortSignal): Promise<Draft<typeof reply>> {
    const { requestId, accountId, envId, appId, runId, systemTraceCtx, userTraceCtx } = call;
    const url = new URL(callUrl);
    url.searchParams.set("fnId", call.functionSlug);
    url.searchParams.set("stepId", call.stepId || "step");
    const headers = { "content-type": "application/json", "x-request-id": requestId, "x-run-id": runId };
    const body = new Uint8Array(call.requestPayload);
    const request = new Request(url, { method: "POST", headers, body, signal });
    const endpoint = this.#apps.get(call.appName)?.endpoint;
    if (!endpoint) throw new Error("internal error: the application is not run here");
    const response = await endpoint.handle(request, { trusted: true });
    return {
      requestId,
      accountId,
      envId,
      appId,
      runId,
      systemTraceCtx,
      userTraceCtx,
      status: statusOf(response.status),
      body: new Uint8Array(await response.arrayBuffer()),
      noRetry: response.headers.get("x-inngest-no-retry") === "true",
      retryAfter: response.headers.get("retry-after") ?? "",
      sdkVersion: response.headers.get("x-inngest-sdk") ?? "",
      requestVersion: Number(response.headers.get("x-inngest-req-version") ?? 0),
    };
  }
}

function readApp(served: Served): ConnectedApp {
  const { appId, client, functions } = readServed(served);
  const described = [...functions.values()].map((fn) => describeForWire(fn, nowhere));
  return {
    id: appId,
    version: client?.appVersion,
    env: client?.env ?? null,
    functions: JSON.stringify(described),
    // A stream would be no answer here, whatever the environment says.
    endpoint: new ServeEndpoint(frameworkName, served, { streaming: false }),
  };
}

/** The client that the connection itself is made with: the first one. */
export function clientOf(apps: readonly Served[]) {
  for (const served of apps) {
    const client = isApplication(served) ? readServed(served).client : served.client;
    if (isStepwright(client)) return client;
  }
  return null;
}

function statusOf(status: number): number {
  if (status === 200) return replyStatus.done;
  return status === 206 ? replyStatus.notCompleted : replyStatus.error;
}
