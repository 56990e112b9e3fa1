export type LogArg = unknown;
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "silent";

/** What `ctx.logger` is, and what a client takes as `logger`. */
export interface Logger {
  info(...args: LogArg[]): void;
  warn(...args: LogArg[]): void;
  error(...args: LogArg[]): void;
  debug(...args: LogArg[]): void;
}

const ranks = { debug: 0, info: 1, warn: 2, error: 3, fatal: 3, silent: 4 } as const;

/** Logs to the console, from a level on (`info` by default). */
export class ConsoleLogger implements Logger {
  readonly #rank: number;

  constructor(options: { level?: LogLevel } = {}) {
    this.#rank = ranks[options.level ?? "info"] ?? ranks.info;
  }

  info(...args: LogArg[]): void {
    if (this.#rank <= ranks.info) console.info(...args);
  }
  warn(...args: LogArg[]): void {
    if (this.#rank <= ranks.warn) console.warn(...args);
  }
  error(...args: LogArg[]): void {
    if (this.#rank <= ranks.error) console.error(...args);
  }
  debug(...args: LogArg[]): void {
    if (this.#rank <= ranks.debug) console.debug(...args);
  }
}

/** Passes on what is logged only while it is enabled: a replayed handler does not log the same lines again. */
export class ProxyLogger implements Logger {
  readonly #logger: Logger;
  #enabled = false;

  constructor(logger: Logger) {
    this.#logger = logger;
    // what else the logger can do is reached through this one
    return new Proxy(this, {
      get(target, name) {
        const value: unknown = Reflect.get(name in target ? target : logger, name);
        return typeof value === "function" ? value.bind(name in target ? target : logger) : value;
      },
    });
  }

  info(...args: LogArg[]): void {
    if (this.#enabled) this.#logger.info(...args);
  }
  warn(...args: LogArg[]): void {
    if (this.#enabled) this.#logger.warn(...args);
  }
  error(...args: LogArg[]): void {
    if (this.#enabled) this.#logger.error(...args);
  }
  debug(...args: LogArg[]): void {
    // some loggers have no debug
    if (this.#enabled) this.#logger.debug?.(...args);
  }

  enable(): void {
    this.#enabled = true;
  }
  disable(): void {
    this.#enabled = false;
  }

  /** Waits for a logger that buffers. */
  async flush(): Promise<void> {
    await (this.#logger as { flush?: () => unknown }).flush?.();
  }
}
