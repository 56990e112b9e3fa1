/**
 * What the readers found in an application: plain data with spans, nothing of the TypeScript compiler in it.
 * Everything after phase 2 (rules, manifest) sees only this. Facts, no judgement: a model of a wrong program is as
 * complete as that of a right one.
 */
import type { JsonSchema, StepToolName } from "../../../runtime/manifest/manifest.js";
import type { Folded } from "./folded.js";
import type { Shape } from "./shape.js";
import type { Span } from "./span.js";

export interface AppModel {
  /** Absolute, with `/`: what the files of spans are relative to. */
  readonly root: string;
  /** The specifier by which the application imports the package: `stepwright`, `inngest`, … */
  readonly packageName: string;
  readonly clients: readonly ClientModel[];
  /** Declared events, in order of file and position; one name may be declared more than once. */
  readonly events: readonly EventModel[];
  readonly functions: readonly FunctionModel[];
  readonly sends: readonly SendSite[];
  readonly lostSignals: readonly LostSignal[];
  readonly waivers: readonly WaiverModel[];
  /** What could not be known, of functions and of everything else. */
  readonly opaque: readonly OpaqueModel[];
}

export interface ClientModel {
  /** The id; null when it is not constant (then there is an entry in `AppModel.opaque`). */
  readonly id: string | null;
  /** The options object. */
  readonly config: Folded;
  /** `closed`: `schemas` names all events, any other name is a type error. `open`: no schemas, or not all are known. */
  readonly events: "closed" | "open";
  readonly export: ExportPath | null;
  readonly span: Span;
}

/** How another module reaches a value: `import { name } from module`, then the members in `path`. */
export interface ExportPath {
  /** Relative to the project root. */
  readonly module: string;
  /** `default` for a default export. */
  readonly name: string;
  /** `["processOrder"]` when the value is a property of an exported object, or an index of an exported array. */
  readonly path: readonly string[];
}

export interface EventModel {
  readonly name: string;
  /** `schema`: a run-time schema object; `type`: a TypeScript type alone; `none`: only the name (`eventType("a")`). */
  readonly declared: "schema" | "type" | "none";
  /** Of `data`; null when nothing is known about it. */
  readonly schema: JsonSchema | null;
  readonly shape: Shape | null;
  readonly version: string | null;
  /** Index of the client whose `schemas` declare it; null for an `eventType`. */
  readonly client: number | null;
  /** The value made by `eventType`, or the client's schemas: what has the run-time schema. */
  readonly export: ExportPath | null;
  readonly span: Span;
}

export interface FunctionModel {
  /** Null when it is not constant; the reason is in `AppModel.opaque` under `at: "id"`. */
  readonly id: string | null;
  /** Of the id's value, or of the configuration when there is none. */
  readonly idSpan: Span;
  /** Index in `AppModel.clients`; null when it could not be followed. */
  readonly client: number | null;
  /** `v3`: triggers are the second argument. `v4`: they are in the configuration. */
  readonly form: "v3" | "v4";
  /** The configuration without `triggers`. Lifecycle handlers and middleware in it are `unknownValue`. */
  readonly config: Folded;
  /** `config.triggers` and the second argument at once, which is an error. */
  readonly triggersTwice: boolean;
  /** Null when not even their number is known; the reason is in `AppModel.opaque` under `at: "triggers"`. */
  readonly triggers: readonly TriggerModel[] | null;
  readonly triggersSpan: Span;
  /** Null when the handler is not a function that could be followed (`at: "handler"`). */
  readonly handler: HandlerModel | null;
  readonly onFailure: HandlerModel | null;
  readonly onCancel: HandlerModel | null;
  readonly onComplete: HandlerModel | null;
  /** Of `data` for `step.invoke`, from an `invoke(schema)` trigger. */
  readonly input: Shape | null;
  readonly export: ExportPath | null;
  /** The call of `createFunction`, or of the factory that makes it. */
  readonly span: Span;
  /** The calls that lead from `span` to `createFunction` when a factory makes the function; else empty. */
  readonly through: readonly CallFrame[];
}

/** One call on the way from a handler (or a definition) to a place in a helper. */
export interface CallFrame {
  readonly callee: string;
  readonly span: Span;
}

/** `value` is the trigger in its object form, whatever it was written as: `eventType(…)` reads `{ event: "…" }`. */
export type TriggerModel =
  | {
      readonly kind: "event";
      /** Null when it is not constant. */
      readonly event: string | null;
      readonly value: Folded;
      readonly span: Span;
    }
  | { readonly kind: "cron"; readonly value: Folded; readonly span: Span }
  | { readonly kind: "invoke"; readonly schema: JsonSchema | null; readonly value: Folded; readonly span: Span }
  /** An object that has neither `event` nor `cron`, or whose kind is not known (then `value` is unknown in part). */
  | { readonly kind: "other"; readonly value: Folded; readonly span: Span };

export interface HandlerModel {
  readonly span: Span;
  /** In order of execution. */
  readonly steps: readonly StepNode[];
  /** Places where `step` goes to code that cannot be followed, so `steps` may lack some. */
  readonly escapes: readonly { readonly reason: string; readonly span: Span }[];
  /** It, or a helper that makes steps, has a `return` or `throw` under a condition: steps after it may not run. */
  readonly mayEndEarly: boolean;
  /** The source of the handler and of the project's functions it reaches, without comments and layout: for hashing. */
  readonly code: string;
  /**
   * For statements of the handler that have steps in them, the innermost ones that are not repeated, the hash (SHA-256, hex) of all
   * that is executed up to their end, the bodies of steps left out, with all of the project's code that this can reach. Equal: the
   * same steps are asked for up to there. The last one is that of the whole handler.
   */
  readonly statements: readonly string[];
  /** Hashes (SHA-256, hex) of the bodies of steps with all of the project's code that they can reach. */
  readonly bodies: readonly string[];
  /** Variables of the environment that it, its steps and all that they can reach read; by name. */
  readonly environment: readonly EnvironmentRead[];
  /** Fields of `event.data` that it needs, where no event that starts it is declared; else empty. */
  readonly fieldReads: readonly FieldRead[];
  /** Of what the handler returns, awaited. */
  readonly output: Shape;
  /** The only expression that it returns; the handler when there are several. */
  readonly outputSpan: Span;
  /** Values outside steps that are other ones when the handler is replayed, and reach something that matters. */
  readonly hazards: readonly ReplayHazard[];
}

/** `state`: a variable of a module that functions change. `order`: which of several is first. `io`: from outside. */
export type HazardKind = "time" | "random" | "id" | "environment" | "io" | "state" | "order";

/** One expression in a handler whose value is another one on each replay. */
export interface ReplayHazard {
  readonly kind: HazardKind;
  /** What gives the value, as the program calls it: `crypto.randomUUID`. */
  readonly source: string;
  readonly sourceSpan: Span;
  /** The expression in the handler; that of `sourceSpan` when there are no helpers in between. */
  readonly span: Span;
  /** The calls from the handler to the source, outermost first; empty without helpers. */
  readonly chain: readonly CallFrame[];
  /** The calls that lead from the handler to `span` when it is in a helper that makes steps. */
  readonly through: readonly CallFrame[];
  /** By its name it is something that should not be written into a journal: a token, a password. */
  readonly secret: boolean;
  /** In order of execution. */
  readonly reaches: readonly HazardReach[];
  /** The text of a fix that records the value, where one is safe: `await step.run("order-id", () => randomUUID())`. */
  readonly recorded: { readonly span: Span; readonly text: string } | null;
}

/** What a value that changes comes to. */
export interface HazardReach {
  /** `branch`: it decides whether, or how often, the step at `span` runs. `result`: of the handler. */
  readonly as: "id" | "input" | "branch" | "result";
  readonly span: Span;
  /** The step's tool; null for the result. */
  readonly tool: StepToolName | null;
  /** A step is awaited between the value and here, so that a replay comes here with another value than it began with. */
  readonly afterStep: boolean;
  /** The value is made in the step's own arguments and goes nowhere else. */
  readonly inline: boolean;
}

/** `event.data.orderId`. */
export interface FieldRead {
  readonly name: string;
  readonly span: Span;
}

/** One variable of the environment. */
export interface EnvironmentRead {
  readonly name: string;
  /** `required`: the code cannot do without it. `optional`: it asks whether it is set, or hands on what it finds. */
  readonly need: "required" | "default" | "optional";
  /** The value that takes its place, where it is a constant. */
  readonly fallback: string | null;
  readonly span: Span;
}

export type StepNode = StepSite | StepGroup;

/**
 * `sequence`: one after the other. `parallel`: started together (`Promise.all`, or promises kept and awaited later).
 * `race`: as parallel, the first one wins. `branch`: each child is one alternative. `loop`: the children repeat.
 */
export interface StepGroup {
  readonly kind: "sequence" | "parallel" | "race" | "branch" | "loop";
  readonly children: readonly StepNode[];
  /** Only of a loop: true when turns overlap, as in `Promise.all(items.map(…))`. */
  readonly concurrent?: boolean;
  /** Only of a branch: the children after which the function around it is left, and that function. */
  readonly leaving?: { readonly children: readonly number[]; readonly span: Span };
  /** Only of a race: `step.race` ends the others when one has won, `Promise.race` lets them go on. */
  readonly cancelsLosers?: boolean;
  readonly span: Span;
}

export interface StepSite {
  readonly kind: "step";
  readonly tool: StepToolName;
  /** The constant id; null when it is not constant, or there is none (`step.fetch(url)`). */
  readonly id: string | null;
  /** For an id that is not constant, its shape: `charge-${order.id}`. */
  readonly template: string | null;
  readonly idSpan: Span;
  /** The whole call. */
  readonly span: Span;
  /** What is called: `step.run`. */
  readonly calleeSpan: Span;
  readonly argSpans: readonly Span[];
  /**
   * `yes`: awaited or returned in place, or handed to `Promise.all` and the like that is. `later`: kept in a variable
   * that is awaited or returned somewhere. `no`: nobody waits for it. `unknown`: it goes where it cannot be followed.
   */
  readonly awaited: "yes" | "later" | "no" | "unknown";
  /** Where `await` can be written before it: it is a statement of its own in an `async` function. Null elsewhere. */
  readonly awaitSpan: Span | null;
  /**
   * `always`: where the code around it is executed, and nothing goes on before it has ended. `maybe`: it may be skipped
   * although no branch of the graph says so (in a `try`, after an early return of a helper, in a callback). `apart`:
   * what follows does not wait for it.
   */
  readonly reached: "always" | "maybe" | "apart";
  /** Index in `HandlerModel.statements` of the innermost one that it is in. */
  readonly statement: number;
  /** Index in `HandlerModel.bodies`; null for a step without a body, and where that cannot be followed. */
  readonly body: number | null;
  /** Steps in the callback of this one (`step.run("a", () => step.run("b", …))`), through helpers as well. */
  readonly nested: readonly StepNode[];
  /** The helper calls between the handler and this place; empty for a step written in the handler itself. */
  readonly through: readonly CallFrame[];
  /** run, transaction, ai.wrap: what the callback returns, awaited. Null for other tools. */
  readonly result: Shape | null;
  /** Nobody looks at the result: `await step.run(…);` as a statement. */
  readonly resultUnused: boolean;
  /** run: where the result is written: the returned expressions; else the callback. */
  readonly resultSpan: Span | null;
  /** It has a rollback. */
  readonly rollback: boolean;
  /** transaction: the `async` before its callback, and before its rollback. */
  readonly asyncSpans: readonly Span[];
  /** Of a step with a callback: variables that it writes and code outside it reads. */
  readonly outerWrites: readonly OuterWrite[];
  /** Of a step with a callback: calls in it, also through helpers, that do their work twice when they are repeated. */
  readonly unkeyedCalls: readonly UnkeyedCall[];
  /** Of a step with a callback: reads without a limit that are its result. */
  readonly unboundedReads: readonly UnboundedRead[];
  /** The second argument as data: options of a wait, of invoke, of fetch; for sleep the time. */
  readonly options: Folded | null;
  readonly target: StepTarget | null;
}

/** A variable of the handler that a step's callback writes. When the step's result is recorded, it stays unwritten. */
export interface OuterWrite {
  readonly name: string;
  /** `changed`: the array or object in it is. */
  readonly how: "assigned" | "changed";
  readonly span: Span;
  /** The first place outside the callback that reads it afterwards. */
  readonly readSpan: Span;
  readonly declarationSpan: Span;
}

/** A call of a service that takes an idempotency key, and is given none. */
export interface UnkeyedCall {
  readonly name: string;
  /** How to give a key. */
  readonly example: string;
  /** What repeats it within the step, outermost first: one key for all of them would do the work once. */
  readonly turns: readonly Turn[];
  readonly span: Span;
  /** The calls from the step's callback to it; empty for a call in the callback itself. */
  readonly chain: readonly CallFrame[];
}

/** What tells one turn of a repetition from another, as far as the program names it. */
export interface Turn {
  /** `order` in `for (const order of orders)` and `orders.map((order) => …)`; null without a name. */
  readonly of: string | null;
  /** An expression that is a text or a number: `order.id`, `index`; null when none is known. */
  readonly key: string | null;
}

/** A read of all rows of a table, or of all that fit its condition. */
export interface UnboundedRead {
  readonly name: string;
  /** The setting that would bound it. */
  readonly limit: string;
  readonly filtered: boolean;
  readonly span: Span;
}

export type StepTarget =
  /** waitForEvent: the name is null when it is not constant. */
  | { readonly kind: "event"; readonly name: string | null; readonly span: Span }
  /** sendEvent: indexes in `AppModel.sends`. */
  | { readonly kind: "send"; readonly sends: readonly number[] }
  /** invoke: `function` is an index in `AppModel.functions`; `id` is known for references by name as well. */
  | {
      readonly kind: "function";
      readonly function: number | null;
      readonly id: string | null;
      readonly data: Payload | null;
      readonly span: Span;
    };

/** One event at one place that sends it. A call with an array of three gives three. */
export interface SendSite {
  /** `client`: `client.send`. `step`: `step.sendEvent`. `create`: `orderPlaced.create(…)` of an event type. */
  readonly by: "client" | "step" | "create";
  /** Null when it is not constant. */
  readonly name: string | null;
  /** All names it can have when its type says so (a union of literals) and it is not constant. */
  readonly candidates: readonly string[];
  readonly nameSpan: Span;
  /** Null when the event is not an object whose data can be seen. */
  readonly data: Payload | null;
  /** Index in `AppModel.clients`; null for `step.sendEvent`, where the function's counts, and where it is not known. */
  readonly client: number | null;
  /** Index in `AppModel.functions` of the function in whose handler it is; null outside functions. */
  readonly function: number | null;
  /** The event expression. */
  readonly span: Span;
  readonly callSpan: Span;
}

/** What is sent as `data`. */
export interface Payload {
  readonly shape: Shape;
  readonly span: Span;
  /** By `pathKey`, the places of the properties that are written out; the smallest span of a mismatch. */
  readonly spans: ReadonlyMap<string, Span>;
  /** By `pathKey`, the places of the properties' names. */
  readonly nameSpans: ReadonlyMap<string, Span>;
}

/** A `NonRetriableError` or `RetryAfterError` that is caught where it is thrown, and goes no further. */
export interface LostSignal {
  readonly name: string;
  /** Another error is thrown in its place. */
  readonly replaces: boolean;
  /** The `throw`. */
  readonly span: Span;
  readonly catchSpan: Span;
}

/** `// stepwright-allow <code>: reason`. */
export interface WaiverModel {
  readonly code: string;
  /** Empty when none was given. */
  readonly reason: string;
  /** The comment. */
  readonly span: Span;
  /** The span is a whole comment, and nothing else. */
  readonly removable: boolean;
  /** What it covers: the line, or the whole definition (or step call) that follows. */
  readonly covers: Span;
}

export interface OpaqueModel {
  /** Index in `AppModel.functions`; null for what belongs to none. */
  readonly function: number | null;
  /** The dotted path inside the function: `id`, `triggers.0.cron`, `concurrency.0.limit`, `handler`, `steps`. */
  readonly at: string;
  readonly reason: string;
  readonly span: Span;
}
