import type { Defer } from "../define/defer.js";
import type { Logger } from "../define/logger.js";
import { sessionsOf } from "../define/sessions.js";
import { createDeferTool } from "./defer-tool.js";
import { group } from "./group.js";
import { createRunLogger } from "./run-logger.js";
import type { createStepTools } from "./step-tools.js";
import type { HandlerCall } from "./transport.js";

/** What most handlers never ask for: it is made when one does. */
class MadeWhenAsked {
  #logger: Logger | null = null;
  #defer: Defer | null = null;

  constructor(
    readonly call: HandlerCall,
    readonly base: Logger,
    readonly currentStep: () => string | null,
  ) {}

  get hasLogger(): boolean {
    return this.#logger !== null;
  }
  get logger(): Logger {
    const { call, base, currentStep } = this;
    return (this.#logger ??= createRunLogger(
      base,
      { runId: call.runId, functionId: call.functionId, attempt: call.attempt },
      {
        get prints() {
          // The body of a step is never repeated for a replay.
          return call.host.live || this.step !== null;
        },
        get step() {
          return currentStep();
        },
      },
    ));
  }
  get defer(): Defer {
    return (this.#defer ??= createDeferTool(this.call, () => this.logger));
  }
}

const made = Symbol("made when asked");

/** A property that the context has itself, since handlers and middleware spread it; shared, since making one takes a microsecond. */
function ownGetter(read: (made: MadeWhenAsked) => unknown): PropertyDescriptor {
  return {
    enumerable: true,
    configurable: true,
    get(this: HandlerContext) {
      return read(this[made]);
    },
  };
}
const logger = ownGetter((asked) => asked.logger);
const signal = ownGetter(({ call }) => call.signal);
const sessions = ownGetter(({ call }) => sessionsOf(call.events));
const defer = ownGetter((asked) => asked.defer);
const hidden: PropertyDescriptor = { enumerable: false };

/** What a handler is called with. */
export class HandlerContext {
  readonly event: unknown;
  readonly events: readonly unknown[];
  readonly runId: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly step: ReturnType<typeof createStepTools>;
  readonly group = group;
  readonly [made]: MadeWhenAsked;
  declare readonly logger: Logger;
  declare readonly signal: AbortSignal;
  declare readonly sessions: Readonly<Record<string, string>> | undefined;
  declare readonly defer: Defer;

  /** `base`: what its logger writes to. `currentStep`: the id of the step whose body runs now, null outside of steps. */
  constructor(
    call: HandlerCall,
    step: ReturnType<typeof createStepTools>,
    base: Logger,
    currentStep: () => string | null,
  ) {
    this.event = call.events[0];
    this.events = call.events;
    this.runId = call.runId;
    this.attempt = call.attempt;
    this.maxAttempts = call.maxAttempts;
    this.step = step;
    this[made] = new MadeWhenAsked(call, base, currentStep);
    Object.defineProperty(this, made, hidden);
    Object.defineProperty(this, "logger", logger);
    Object.defineProperty(this, "signal", signal);
    Object.defineProperty(this, "sessions", sessions);
    Object.defineProperty(this, "defer", defer);
    if (call.about) Object.assign(this, call.about);
  }

  /** Whether anybody has asked for the logger. */
  static hasLogged(context: HandlerContext): boolean {
    return context[made].hasLogger;
  }
}
