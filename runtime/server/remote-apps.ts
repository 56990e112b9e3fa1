/** The applications that this runtime calls over HTTP. */
import type { Clock } from "../engine/clock.js";
import type { Application, ApplicationFunction } from "../codegen/application.js";
import {
  describeRemote,
  joinApplications,
  type Registration,
  type RemoteApplication,
} from "../codegen/remote-application.js";
import type { Engine } from "../engine/engine.js";
import { RemoteFunction } from "../define/remote-function.js";
import { addEndpoint, type EndpointUse } from "./endpoints.js";
import { RequestError } from "./request-error.js";
import { askForFunctions } from "./ask-for-functions.js";

const defaultMostApps = 1_000;
/** While two builds of an application answer by turns, it is not asked for its functions more often than that, in ms. */
const resyncPauseMs = 5_000;

export interface SyncResult {
  readonly appId: string;
  readonly functionCount: number;
  /** Something is different from what was known. */
  readonly modified: boolean;
}

export interface RemoteAppsOptions {
  /** What runs in this process; default: all that the engine has. */
  readonly local?: Application;
  /** Those that registered earlier; the engine has their functions. */
  readonly known?: readonly RemoteApplication[];
  /** What a sync is signed with, then what is tried where that is refused. */
  readonly signingKeys?: readonly string[];
  readonly clock?: Pick<Clock, "now">;
  /** So many may register; default 1,000. */
  readonly mostApps?: number;
  /** Told when a new build of an application was noticed, and what came of it. */
  readonly noticed?: (line: string) => void;
}

export class RemoteApps {
  readonly #apps = new Map<string, RemoteApplication>();
  /** By the URL without its query: when a changed manifest was last asked for. */
  readonly #asked = new Map<string, number>();
  #local: Application;
  /** One after the other, so that the last registration counts. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly engine: Engine,
    readonly options: RemoteAppsOptions = {},
  ) {
    this.#local = options.local ?? engine.app;
    for (const app of options.known ?? []) this.#apps.set(app.id, app);
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
    return this.#afterOthers(() => this.#register(registration));
  }

  /**
   * The full id of the function that stands for an endpoint, which is made where it is not there yet.
   *
   * @throws ApplicationError; RequestError `too-many-applications`, `application-exists`
   */
  async findEndpoint(use: EndpointUse): Promise<string> {
    // Most are there: they need not wait for others that register.
    const { id, registration } = this.#addEndpoint(use);
    if (registration === null) return `${use.domain}-${id}`;
    return this.#afterOthers(async () => {
      const added = this.#addEndpoint(use);
      if (added.registration !== null) await this.#register(added.registration);
      return `${use.domain}-${added.id}`;
    });
  }

  #addEndpoint(use: EndpointUse): ReturnType<typeof addEndpoint> {
    const known = this.#apps.get(use.domain);
    const isOther = ({ definition }: ApplicationFunction): boolean =>
      !(definition instanceof RemoteFunction && definition.isEndpoint);
    if (!known?.functions.some(isOther)) return addEndpoint(known, use);
    const message = `\`${use.domain}\` is the id of an application that is no API`;
    throw new RequestError(409, "application-exists", message, "give that application another id");
  }

  async #register(registration: Registration): Promise<SyncResult> {
    const app = describeRemote(registration);
    const result = { appId: app.id, functionCount: app.functions.length };
    const before = this.#apps.get(app.id);
    if (before?.hash === app.hash && before.manifestHash === app.manifestHash) return { ...result, modified: false };
    const mostApps = this.options.mostApps ?? defaultMostApps;
    if (this.#apps.size >= mostApps && !this.#apps.has(app.id)) {
      const help = "take away those that are gone, or start a second runtime for the others";
      throw new RequestError(409, "too-many-applications", `${mostApps} applications are registered`, help);
    }
    await this.engine.keepRegistration(app.id, JSON.stringify(registration));
    this.#apps.set(app.id, app);
    if (before?.hash !== app.hash) await this.#deploy();
    return { ...result, modified: true };
  }

  /** It is not called any more; its runs wait until it registers again. False: it was not known. */
  forget(appId: string): Promise<boolean> {
    return this.#afterOthers(async () => {
      if (!this.#apps.has(appId)) return false;
      await this.engine.keepRegistration(appId, null);
      this.#apps.delete(appId);
      await this.#deploy();
      return true;
    });
  }

  /** A build of the application at that URL (without its query) has answered a call: an unknown one is asked for its functions. */
  manifestSeen(where: string, hash: string): void {
    const app = this.all.find(({ url }) => withoutQuery(url) === where);
    if (!app || app.manifestHash === null || app.manifestHash === hash) return;
    const now = (this.options.clock ?? Date).now();
    if (now < (this.#asked.get(where) ?? 0) + resyncPauseMs) return;
    this.#asked.set(where, now);
    const tell = this.options.noticed ?? (() => {});
    this.sync(app.url).then(
      () => tell(`a new build of ${app.id} was noticed at ${where}, and taken`),
      (error: Error) => tell(`a new build of ${app.id} was noticed at ${where}, but not taken: ${error.message}`),
    );
  }

  /**
   * Asks the application at that URL for its functions and takes what it answers; where it wants to, it registers itself
   * instead (then null). @throws RequestError `sync-failed`
   */
  async sync(url: string): Promise<SyncResult | null> {
    const answer = await askForFunctions(url, this.options.signingKeys ?? [], (this.options.clock ?? Date).now());
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

const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, "");
