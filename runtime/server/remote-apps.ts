/** The applications that this runtime calls over HTTP. */
import type { Application } from "../codegen/application.js";
import {
  describeRemote,
  joinApplications,
  type Registration,
  registrationSchema,
  type RemoteApplication,
} from "../codegen/remote-application.js";
import type { Engine } from "../engine/engine.js";
import { RequestError } from "./request-error.js";
import { parseSafeJson } from "./safe-json.js";

/** So many may register. */
const mostApps = 200;
/** An application that does not answer its sync in that time is not there, in ms. */
const syncTimeoutMs = 5_000;
/** Bytes of an answer to a sync. */
const largestRegistration = 8 * 1024 * 1024;

export interface SyncResult {
  readonly appId: string;
  readonly functionCount: number;
  /** Something is different from what was known. */
  readonly modified: boolean;
}

export class RemoteApps {
  readonly #apps = new Map<string, RemoteApplication>();
  #local: Application;
  /** One after the other, so that the last registration counts. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly engine: Engine) {
    this.#local = engine.app;
  }

  get all(): readonly RemoteApplication[] {
    return [...this.#apps.values()];
  }

  /** A new build of the application that runs in this process. */
  replaceLocal(app: Application): Promise<void> {
    return this.#afterOthers(async () => {
      this.#local = app;
      await this.#deploy();
    });
  }

  /** @throws ApplicationError when something in it is wrong: nothing is changed then; RequestError `too-many-applications` */
  register(registration: Registration): Promise<SyncResult> {
    return this.#afterOthers(async () => {
      const app = describeRemote(registration);
      const result = { appId: app.id, functionCount: app.functions.length };
      if (this.#apps.get(app.id)?.hash === app.hash) return { ...result, modified: false };
      if (this.#apps.size >= mostApps && !this.#apps.has(app.id)) {
        const help = "start a second runtime for the others";
        throw new RequestError(409, "too-many-applications", `${mostApps} applications are registered`, help);
      }
      this.#apps.set(app.id, app);
      await this.#deploy();
      return { ...result, modified: true };
    });
  }

  /**
   * Asks the application at that URL for its functions and takes what it answers; where it wants to, it registers itself
   * instead (then null). @throws RequestError `sync-failed`
   */
  async sync(url: string): Promise<SyncResult | null> {
    const answer = await askForFunctions(url);
    return answer === null ? null : this.register(answer);
  }

  #deploy(): Promise<void> {
    return this.engine.replaceApp(joinApplications(this.#local, this.all));
  }

  #afterOthers<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

async function askForFunctions(url: string): Promise<Registration | null> {
  const where = url.replace(/\?.*/, "");
  const failed = (why: string): RequestError =>
    new RequestError(
      502,
      "sync-failed",
      `${where} ${why}`,
      "check that the application runs and serves its functions there",
    );
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, {
      method: "PUT",
      headers: { "content-type": "application/json", "x-inngest-sync-kind": "in_band", "x-inngest-server-kind": "dev" },
      body: JSON.stringify({ url }),
      redirect: "follow",
      signal: AbortSignal.timeout(syncTimeoutMs),
    });
    status = response.status;
    text = await readText(response);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(`could not be reached: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (status !== 200) throw failed(`answered its sync with ${status}: ${text.slice(0, 300)}`);
  let body: unknown;
  try {
    body = parseSafeJson(text, "the answer");
  } catch {
    throw failed("does not answer as an SDK does");
  }
  const parsed = registrationSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  // Out of band: it has called `/fn/register`, and tells what came of it.
  if (typeof body === "object" && body !== null && "modified" in body) return null;
  const [issue] = parsed.error.issues;
  throw failed(`describes its functions in a way that is not understood: ${issue?.path.join(".")}: ${issue?.message}`);
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > largestRegistration) throw new Error(`its answer has more than ${largestRegistration} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
