import { type Logger } from "../define/logger.js";

/** What decides about a line, asked when it is written. */
export interface LogPlace {
  /** False while the handler repeats what it has done before. */
  readonly prints: boolean;
  /** The step whose body logs; null outside of steps. */
  readonly step: string | null;
}

type AnyLogger = Logger & { child?: (fields: object, ...rest: unknown[]) => AnyLogger; flush?: () => unknown };

/**
 * The handler's logger: `base` with `fields` in every line, and with the step inside of one. Prints nothing while the
 * handler is replayed. Everything else that `base` can do, it can too; loggers without `child` get the fields as the
 * last argument.
 */
export function createRunLogger(base: Logger, fields: object, place: LogPlace): Logger {
  return proxyOf(bind(base, fields), place, { off: false });
}

function bind(base: AnyLogger, fields: object): AnyLogger {
  return typeof base.child === "function" ? base.child(fields) : new Appending(base, fields).logger;
}

/** These say something, and print nothing. */
const questions = /^(?:bindings|setBindings|on|once|off|removeListener|is[A-Z]\w*)$/;

function proxyOf(whole: AnyLogger, place: LogPlace, state: { off: boolean }): Logger {
  let inStep: { readonly step: string; readonly logger: AnyLogger } | null = null;
  const here = (): AnyLogger => {
    const { step } = place;
    if (step === null) return whole;
    if (inStep?.step !== step) inStep = { step, logger: bind(whole, { step }) };
    return inStep.logger;
  };
  const own: Record<PropertyKey, unknown> = {
    enable: () => void (state.off = false),
    disable: () => void (state.off = true),
    flush: async () => void (await whole.flush?.()),
  };
  return new Proxy(whole, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(whole, name);
      if (typeof value !== "function" || typeof name === "symbol") return value;
      if (name === "child") return (...args: [object]) => proxyOf(whole.child!(...args), place, state);
      if (questions.test(name)) return value.bind(whole);
      return (...args: unknown[]): unknown => {
        if (state.off || !place.prints) return undefined;
        const target = here();
        return Reflect.apply(Reflect.get(target, name) as () => unknown, target, args);
      };
    },
  });
}

/** A logger without `child`, such as `console`. */
class Appending {
  readonly logger: AnyLogger;
  constructor(base: AnyLogger, fields: object) {
    this.logger = new Proxy(base, {
      get(_, name) {
        const value: unknown = Reflect.get(base, name);
        if (name === "child") return (more: object) => new Appending(base, { ...fields, ...more }).logger;
        if (typeof value !== "function" || typeof name === "symbol") return value;
        if (!levels.has(name)) return value.bind(base);
        return (...args: unknown[]): unknown => Reflect.apply(value, base, [...args, fields]);
      },
    });
  }
}
const levels = new Set(["trace", "debug", "info", "log", "warn", "error", "fatal"]);
