import { RemoteFunction } from "../define/remote-function.js";
import type { Application } from "../codegen/application.js";
import type { FunctionDefinition } from "../define/function-definition.js";
import { middlewareOf, type MiddlewareUse } from "../define/middleware-uses.js";
import type { FunctionConfig, Retries, Trigger } from "../manifest/manifest.js";
import { type FunctionPolicies, policiesOf } from "./3-control/function-policies.js";
import { RuntimeError } from "./engine.js";

/** A function, or a lifecycle handler of one, ready to be executed. */
export interface LoadedFunction {
  /** `<app>-<id>`; for a lifecycle handler: `<app>-<id>-failure`, `-cancel`, `-complete`. */
  readonly fullId: string;
  readonly id: string;
  readonly hash: string;
  readonly kind: "function" | LifecycleKind;
  readonly retries: Retries;
  readonly config: FunctionConfig;
  readonly triggers: readonly Trigger[];
  readonly handler: (context: never) => unknown;
  readonly definition: FunctionDefinition;
  /** The client's, then its own. */
  readonly middleware: readonly MiddlewareUse[];
  /** It keeps what JSON cannot say. */
  readonly rich: boolean;
  readonly onFailure: LoadedFunction | null;
  readonly onCancel: LoadedFunction | null;
  readonly onComplete: LoadedFunction | null;
  /** What holds its runs back; null for nothing. */
  readonly policies: FunctionPolicies | null;
}

/** What a lifecycle handler is for; it ends the id of its function: `<app>-<id>-failure`. */
export type LifecycleKind = "failure" | "cancel" | "complete";

export interface TriggerUse {
  readonly fn: LoadedFunction;
  readonly condition: string | null;
}

const noHandlers = { onFailure: null, onCancel: null, onComplete: null };

/** The application, indexed by what the engine asks for. */
export class LoadedApplication {
  readonly functions = new Map<string, LoadedFunction>();
  readonly #exact = new Map<string, TriggerUse[]>();
  readonly #wildcards: { readonly prefix: string; readonly use: TriggerUse }[] = [];
  /** Per event name, the paths by which parked waits are keyed; "" for those that have no key. */
  readonly #waitPaths = new Map<string, Set<string>>();

  constructor(readonly app: Application) {
    for (const { fullId, entry, definition } of app.functions) {
      const base = {
        hash: entry.hash,
        retries: entry.config.retries,
        config: entry.config,
        definition,
        rich: isRich(definition),
        middleware: middlewareOf(definition.client, definition),
      };
      const part = (kind: LifecycleKind, handler: LoadedFunction["handler"] | undefined): LoadedFunction | null => {
        if (!handler) return null;
        const id = `${entry.id}-${kind}`;
        return {
          ...base,
          ...noHandlers,
          id,
          fullId: `${fullId}-${kind}`,
          kind,
          triggers: [],
          handler,
          policies: null,
        };
      };
      const handlers = {
        onFailure: part("failure", definition.onFailure),
        onCancel: part("cancel", definition.onCancel),
        onComplete: part("complete", definition.onComplete),
      };
      const fn: LoadedFunction = {
        ...base,
        id: entry.id,
        fullId,
        kind: "function",
        triggers: entry.triggers,
        handler: definition.handler,
        ...handlers,
        policies: policiesOf(fullId, entry.config),
      };
      this.functions.set(fullId, fn);
      for (const handler of Object.values(handlers)) if (handler) this.functions.set(handler.fullId, handler);
      for (const trigger of entry.triggers) if (trigger.kind === "event") this.#listen(fn, trigger);
    }
  }

  #listen(fn: LoadedFunction, trigger: Trigger & { kind: "event" }): void {
    const use = { fn, condition: trigger.if?.source ?? null };
    if (trigger.event.endsWith("*")) this.#wildcards.push({ prefix: trigger.event.slice(0, -1), use });
    else {
      const uses = this.#exact.get(trigger.event);
      if (uses) uses.push(use);
      else this.#exact.set(trigger.event, [use]);
    }
  }

  /** By full id, or by the id alone. @throws RuntimeError `unknown-function` */
  function(id: string): LoadedFunction {
    return this.functions.get(id) ?? this.functionOf(this.app.appId, id);
  }

  /** Of that application and no other. @throws RuntimeError `unknown-function` */
  functionOf(appId: string, id: string): LoadedFunction {
    const found = this.functions.get(`${appId}-${id}`);
    if (found) return found;
    const known = [...this.functions.keys()].slice(0, 10).join("`, `");
    throw new RuntimeError("unknown-function", `could not find function \`${id}\``, `the application has \`${known}\``);
  }

  /**
   * The same function is behind HTTP at the same place, so that its runs need not be begun anew. Of one in this process the code may be
   * another, even where its own text is the same.
   */
  hasStill({ fullId, hash, definition }: LoadedFunction): boolean {
    const present = this.functions.get(fullId);
    if (present?.hash !== hash || !(definition instanceof RemoteFunction)) return false;
    return present.definition instanceof RemoteFunction && present.definition.url === definition.url;
  }

  /** The triggers that an event of that name meets, their conditions aside. */
  triggeredBy(name: string): readonly TriggerUse[] {
    const exact = this.#exact.get(name) ?? [];
    if (this.#wildcards.length === 0) return exact;
    return [...exact, ...this.#wildcards.filter(({ prefix }) => name.startsWith(prefix)).map(({ use }) => use)];
  }

  /** Whether anybody would notice an event of that name. */
  hears(name: string): boolean {
    return this.triggeredBy(name).length > 0 || this.#waitPaths.has(name);
  }

  waitPaths(name: string): ReadonlySet<string> | undefined {
    return this.#waitPaths.get(name);
  }

  noteWaitPath(event: string, path: string): void {
    const paths = this.#waitPaths.get(event);
    if (paths) paths.add(path);
    else this.#waitPaths.set(event, new Set([path]));
  }

  /** Waits outlive a deployment: what the old application's waits are keyed by is still asked for. */
  inheritWaits(from: LoadedApplication): void {
    for (const [event, paths] of from.#waitPaths) for (const path of paths) this.noteWaitPath(event, path);
  }
}

/** Its own option, else that of its client. */
export function isRich(definition: FunctionDefinition): boolean {
  // What it sends has been decided where it is; this process keeps it.
  if (definition instanceof RemoteFunction) return true;
  const { config, client } = definition;
  const options: unknown = Reflect.get(client, "options");
  const ofClient = (options as { serialization?: unknown } | undefined)?.serialization;
  return (config["serialization"] ?? ofClient) === "rich";
}
