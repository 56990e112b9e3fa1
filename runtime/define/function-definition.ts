import { brandClass, readBrand } from "./brand.js";

/** The client as a definition refers to it. */
export interface DefiningClient {
  readonly id: string;
}

export interface FunctionParts {
  readonly id: string;
  readonly client: DefiningClient;
  /** As written, without `id`, `triggers` and the handlers. */
  readonly config: Readonly<Record<string, unknown>>;
  /** As written; objects from `eventType`, `cron` and `invoke` included. */
  readonly triggers: readonly unknown[];
  readonly handler: (context: any) => unknown;
  readonly onFailure?: ((context: any) => unknown) | undefined;
  readonly onCancel?: ((context: any) => unknown) | undefined;
  readonly onComplete?: ((context: any) => unknown) | undefined;
}

/**
 * A function of the application: configuration, triggers and handler. Inert: making one starts nothing and checks
 * nothing but its shape; the runtime reads it.
 */
export class FunctionDefinition<Event = any, Result = any> implements FunctionParts {
  /** Only for inference: what `step.invoke` has to give, and what it gets. */
  declare readonly "~event": Event;
  declare readonly "~result": Result;

  /**
   * Without the application's prefix; the full id is `<app>-<id>`. A text, and not the SDK's method `id(prefix)`: no value is both,
   * and `fn.id()` does not type-check.
   */
  readonly id: string;
  readonly client: DefiningClient;
  readonly config: Readonly<Record<string, unknown>>;
  readonly triggers: readonly unknown[];
  readonly handler: (context: any) => unknown;
  readonly onFailure?: ((context: any) => unknown) | undefined;
  readonly onCancel?: ((context: any) => unknown) | undefined;
  readonly onComplete?: ((context: any) => unknown) | undefined;

  constructor(parts: FunctionParts) {
    this.id = parts.id;
    this.client = parts.client;
    this.config = parts.config;
    this.triggers = parts.triggers;
    this.handler = parts.handler;
    if (parts.onFailure) this.onFailure = parts.onFailure;
    if (parts.onCancel) this.onCancel = parts.onCancel;
    if (parts.onComplete) this.onComplete = parts.onComplete;
  }

  get name(): string {
    const name = this.config["name"];
    return typeof name === "string" ? name : this.id;
  }

  get [Symbol.toStringTag](): "Inngest.Function" {
    return "Inngest.Function";
  }
}
brandClass(FunctionDefinition, "function");

/** True for a definition made by this or another copy of the package. */
export function isFunctionDefinition(value: unknown): value is FunctionDefinition {
  return readBrand(value, "function") === true;
}
