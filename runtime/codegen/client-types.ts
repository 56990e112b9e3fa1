/** The types of the emitted client. All of them take the application as one interface of flat, printed types. */
import type { InvokeResult } from "../define/invoke-types.js";

/** What `client.ts` says about the application. */
export interface ClientApplication {
  /** Event name → data. */
  events: object;
  /** Property of `send` → event name. */
  eventNames: object;
  /** Function id → data of an invocation. */
  inputs: object;
  /** Function id → result. */
  results: object;
  /** Property of `invoke` → function id. */
  functionIds: object;
}

/** What a function returns, as it comes back from the runtime. */
export type ResultOf<Definition> = InvokeResult<Definition>;

export interface SendOptions {
  /** Deduplicates: a function starts once for all events of this id within 24 h. */
  id?: string;
  /** Milliseconds since 1970; in the future, functions start then. */
  ts?: number;
  /** The version of the data's form. */
  v?: string;
}

/** One event to send, as `send.many` takes it: the name decides which data it has. */
export type OutgoingEvent<Events> = {
  [Name in keyof Events & string]: { name: Name; data: Events[Name] } & SendOptions;
}[keyof Events & string];

export interface SentEvents {
  ids: string[];
}

type Member<Table, Key> = Key extends keyof Table ? Table[Key] : unknown;

export type Send<App extends ClientApplication> = {
  /** Sends one event by its name. Rejects with a StepwrightError before anything leaves when the data does not fit. */
  <Name extends keyof App["events"] & string>(
    name: Name,
    data: App["events"][Name],
    options?: SendOptions,
  ): Promise<SentEvents>;
  /** Sends many events in one request; all of them are accepted, or none. */
  readonly many: (events: readonly OutgoingEvent<App["events"]>[]) => Promise<SentEvents>;
} & {
  readonly [Property in keyof App["eventNames"]]: (
    data: Member<App["events"], App["eventNames"][Property]>,
    options?: SendOptions,
  ) => Promise<SentEvents>;
};

export interface WaitOptions {
  /** How long to wait for the end of the run, in ms; forever by default. */
  timeoutMs?: number;
}

/** Each starts one run of its function and resolves with the result; rejects with a RunError. */
export type Invoke<App extends ClientApplication> = {
  readonly [Property in keyof App["functionIds"]]: (
    data: Member<App["inputs"], App["functionIds"][Property]>,
    options?: WaitOptions,
  ) => Promise<Member<App["results"], App["functionIds"][Property]>>;
};

/** A run as it is now. `output` and `error` are null until it has completed or failed. */
export interface Run<Id extends string, Result> {
  id: string;
  /** The function's id without the application's. */
  function: Id;
  status: "queued" | "running" | "waiting" | "completed" | "failed" | "cancelled" | "skipped";
  output: Result | null;
  error: { name: string; message: string; stack?: string } | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

/** A run of any function: `run.function` says which result it has. */
export type AnyRun<App extends ClientApplication> = {
  [Id in keyof App["results"] & string]: Run<Id, App["results"][Id]>;
}[keyof App["results"] & string];

export interface Runs<App extends ClientApplication> {
  /** Rejects with a RunError `request-failed` when there is no such run. */
  get(runId: string): Promise<AnyRun<App>>;
  /** Waits for the end of a run of that function; rejects with a RunError when it does not end well. */
  result<Id extends keyof App["results"] & string>(
    functionId: Id,
    runId: string,
    options?: WaitOptions,
  ): Promise<App["results"][Id]>;
}

export interface Client<App extends ClientApplication> {
  readonly send: Send<App>;
  readonly invoke: Invoke<App>;
  readonly runs: Runs<App>;
}

/** Where the runtime is, and with which credentials; the environment's by default. */
export interface ConnectOptions {
  baseUrl?: string;
  eventKey?: string;
  env?: string;
  fetch?: typeof globalThis.fetch;
}
