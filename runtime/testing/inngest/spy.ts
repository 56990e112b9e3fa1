/** A function that notes its calls, in the form that the matchers of Jest, Vitest, Bun and Deno read. */
type Callable = (...args: any[]) => any;

export interface SpyState<F extends Callable> {
  readonly calls: Parameters<F>[];
  readonly contexts: unknown[];
  readonly instances: unknown[];
  /** Of all spies of this process together, from 1. */
  readonly invocationCallOrder: number[];
  readonly results: { type: "return" | "throw" | "incomplete"; value: any }[];
  /** What returned promises came to; Vitest reads it. */
  readonly settledResults: { type: "fulfilled" | "rejected" | "incomplete"; value: any }[];
  readonly lastCall: Parameters<F> | undefined;
}

export type Spy<F extends Callable = Callable> = F & {
  readonly _isMockFunction: true;
  readonly mock: SpyState<F>;
  getMockName(): string;
  mockClear(): Spy<F>;
  mockImplementation(fake: F): Spy<F>;
  mockReturnValue(value: ReturnType<F>): Spy<F>;
  mockResolvedValue(value: Awaited<ReturnType<F>>): Spy<F>;
  mockRejectedValue(error: unknown): Spy<F>;
};

let order = 0;

/** Calls `original`, or what `mockImplementation` put in its place. */
export function spyOn<F extends Callable>(name: string, original: F): Spy<F> {
  let implementation: Callable = original;
  let state = emptyState<F>();
  const spy = function (this: unknown, ...args: Parameters<F>): unknown {
    const { calls, contexts, instances, invocationCallOrder, results, settledResults } = state;
    calls.push(args);
    contexts.push(this);
    instances.push(this);
    invocationCallOrder.push(++order);
    const result: SpyState<F>["results"][number] = { type: "incomplete", value: undefined };
    const settled: SpyState<F>["settledResults"][number] = { type: "incomplete", value: undefined };
    results.push(result);
    settledResults.push(settled);
    try {
      const value: unknown = implementation.apply(this, args);
      Object.assign(result, { type: "return", value });
      if (value instanceof Promise) {
        value.then(
          (value: unknown) => Object.assign(settled, { type: "fulfilled", value }),
          (value: unknown) => Object.assign(settled, { type: "rejected", value }),
        );
      } else Object.assign(settled, { type: "fulfilled", value });
      return value;
    } catch (error) {
      Object.assign(result, { type: "throw", value: error });
      throw error;
    }
  };
  const replaceBy = (fake: Callable): Spy<F> => {
    implementation = fake;
    return made;
  };
  const made = Object.defineProperties(spy, {
    name: { value: name },
    _isMockFunction: { value: true },
    mock: { get: () => state },
    getMockName: { value: () => name },
    mockClear: {
      value: () => {
        state = emptyState<F>();
        return made;
      },
    },
    mockImplementation: { value: replaceBy },
    mockReturnValue: { value: (value: unknown) => replaceBy(() => value) },
    mockResolvedValue: { value: (value: unknown) => replaceBy(async () => value) },
    mockRejectedValue: { value: (error: unknown) => replaceBy(async () => Promise.reject(error)) },
  }) as unknown as Spy<F>;
  return made;
}

function emptyState<F extends Callable>(): SpyState<F> {
  return {
    calls: [],
    contexts: [],
    instances: [],
    invocationCallOrder: [],
    results: [],
    settledResults: [],
    get lastCall() {
      return this.calls.at(-1);
    },
  };
}

/** Every function of the object and of the objects in it becomes a spy; those on its prototype, too. */
export function spyOnAll(tools: object, path = "step"): Record<string, unknown> {
  const spies: Record<string, unknown> = {};
  for (let level: object | null = tools; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name === "constructor" || Object.hasOwn(spies, name)) continue;
      const value: unknown = Reflect.get(tools, name);
      const place = `${path}.${name}`;
      if (typeof value === "function") spies[name] = spyOn(place, value.bind(tools));
      else spies[name] = typeof value === "object" && value !== null ? spyOnAll(value, place) : value;
    }
  }
  return spies;
}
