import type { Application } from "../codegen/application.js";
import type { Logger } from "../define/logger.js";
import { RemoteFunction } from "../define/remote-function.js";
import { createHttpTransport } from "../transport/http/http-transport.js";
import { createInlineTransport } from "../transport/inline.js";
import type { RunNote } from "../transport/run-note.js";
import type { Transport } from "../transport/transport.js";
import type { Clock } from "./clock.js";
import type { EngineOptions } from "./engine.js";

/** How the functions of an application are reached: each in this process, or behind HTTP. */
export class Transports {
  /** It outlives an application: what it knows of other hosts is still true. */
  #http: Transport | null = null;

  constructor(
    readonly options: Pick<EngineOptions, "http" | "wrapTransport">,
    readonly clock: Clock,
    readonly logger: Logger,
    readonly annotate: (runId: string, notes: readonly RunNote[]) => void,
  ) {}

  for(app: Application): Transport {
    const { clock, logger, options } = this;
    const now = () => clock.now();
    const inline = createInlineTransport({ appId: app.appId, now, logger });
    const direct = options.wrapTransport?.(inline) ?? inline;
    if (!app.functions.some(({ definition }) => definition instanceof RemoteFunction)) return direct;
    const http = (this.#http ??= createHttpTransport({
      ...options.http,
      now,
      annotate: this.annotate,
      after: (ms, fire) => clock.after(ms, fire),
    }));
    return { execute: (call) => (call.definition instanceof RemoteFunction ? http : direct).execute(call) };
  }
}
