/** `stepwright/encryption`: what leaves the application's process is encrypted. Needs `libsodium-wrappers`. */
import { ConsoleLogger, type Logger } from "../../define/logger.js";
import { Middleware } from "../../define/middleware.js";
import { isSealed, sealMark } from "../../define/sealed-data.js";
import { AesEncryptionService } from "./aes-service.js";
import type { EncryptionService } from "./encryption-service.js";
import { LibSodiumEncryptionService } from "./libsodium-service.js";

export { AesEncryptionService } from "./aes-service.js";
export type { EncryptionService } from "./encryption-service.js";
export { LibSodiumEncryptionService } from "./libsodium-service.js";

const strategyMark = "__STRATEGY__";

export interface EncryptionMiddlewareOptions {
  /** Encrypts, and decrypts. Any text; keep it out of the source. */
  key: string;
  /** Older keys: they only decrypt. */
  fallbackDecryptionKeys?: readonly string[];
  /** Encrypts nothing: to roll the middleware out, or to take it away. */
  decryptOnly?: boolean;
  /** The field of an event's data that is encrypted; `encrypted` by default. */
  eventEncryptionField?: string;
  /** Instead of libsodium. */
  encryptionService?: EncryptionService;
  /** Encrypts as the first versions of the SDK's package did; such values are read in any case. */
  legacyV0Service?: {
    forceEncryptWithV0: boolean;
    eventEncryptionField?: string | readonly string[] | ((field: string) => boolean) | false;
  };
}

/**
 * Encrypts one field of every event, the results of steps, and the results of runs; handlers see them in the clear.
 * Compatible with @inngest/middleware-encryption. Conditions and keys of flow control see what is encrypted.
 *
 * To change the key: add the new one as a fallback everywhere, make it the key and the old one a fallback, and take the
 * old one away when no run is left that began with it.
 *
 * @throws Error when there is no key
 * @example new Stepwright({ id: "shop", middleware: [encryptionMiddleware({ key: process.env.ENCRYPTION_KEY! })] })
 */
export function encryptionMiddleware(options: EncryptionMiddlewareOptions): Middleware.Class {
  const vault = new Vault(options);

  return class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:encryption";

    override async transformFunctionInput(args: Middleware.TransformFunctionInputArgs) {
      const events = [];
      for (const event of args.ctx.events) events.push(await vault.openEvent(event));
      return { ...args, ctx: { ...args.ctx, event: events[0], events } as typeof args.ctx };
    }

    override async transformStepInput(args: Middleware.TransformStepInputArgs) {
      if (args.stepInfo.stepType !== "invoke") return args;
      const input = [];
      for (const each of args.input) input.push(await vault.sealInvocation(each));
      return { ...args, input };
    }

    override async transformSendEvent(args: Middleware.TransformSendEventArgs) {
      const events = [];
      for (const event of args.events) {
        events.push(isRecord(event.data) ? { ...event, data: await vault.sealFields(event.data) } : event);
      }
      return { ...args, events };
    }

    override async wrapFunctionHandler({ next }: Middleware.WrapFunctionHandlerArgs) {
      return vault.seal(await next());
    }

    override async wrapStepHandler({ next }: Middleware.WrapStepHandlerArgs) {
      return vault.seal(await next());
    }

    override async wrapStep({ next, stepInfo }: Middleware.WrapStepArgs) {
      const value = await next();
      return stepInfo.stepType === "waitForEvent" ? vault.openEvent(value) : vault.open(value);
    }
  };
}

class Vault {
  readonly #service: EncryptionService;
  readonly #legacy: AesEncryptionService | null;
  readonly #logger: Logger = new ConsoleLogger();

  constructor(readonly options: EncryptionMiddlewareOptions) {
    const keys = [options.key, ...(options.fallbackDecryptionKeys ?? [])];
    this.#service = options.encryptionService ?? new LibSodiumEncryptionService(keys);
    this.#legacy = keys.some(Boolean) ? new AesEncryptionService(keys) : null;
  }

  /** Null and undefined say nothing, so they stay. */
  async seal(value: unknown): Promise<unknown> {
    if (this.options.decryptOnly || value === undefined || value === null) return value;
    if (isSealed(value)) this.#logger.warn("a value is encrypted twice: is the encryption middleware there twice?");
    if (this.options.legacyV0Service?.forceEncryptWithV0 && this.#legacy) {
      return { [sealMark]: true, data: this.#legacy.encrypt(value) };
    }
    return { [sealMark]: true, [strategyMark]: this.#service.identifier, data: await this.#service.encrypt(value) };
  }

  async open(value: unknown): Promise<unknown> {
    if (!isSealed(value)) return value;
    const named = typeof Reflect.get(value, strategyMark) === "string";
    if (named || !this.#legacy) return this.#service.decrypt(value.data);
    return this.#legacy.decrypt(value.data);
  }

  async sealFields(data: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (this.options.decryptOnly) return data;
    return mapFields(data, async (value, name) => (this.#encrypts(name) ? this.seal(value) : value));
  }

  async openFields(data: Record<string, unknown>): Promise<Record<string, unknown>> {
    return mapFields(data, (value) => this.open(value));
  }

  /** An event, and the events that the runtime's own events tell of. */
  async openEvent(event: unknown): Promise<unknown> {
    if (!isRecord(event) || !isRecord(event["data"])) return event;
    const data = await this.openFields(event["data"]);
    if (String(event["name"]).startsWith("inngest/function.")) {
      if (isRecord(data["event"])) data["event"] = await this.openEvent(data["event"]);
      if (Array.isArray(data["events"])) {
        data["events"] = await Promise.all(data["events"].map((each) => this.openEvent(each)));
      }
    }
    return { ...event, data };
  }

  async sealInvocation(input: unknown): Promise<unknown> {
    if (!isRecord(input) || !isRecord(input["payload"]) || !isRecord(input["payload"]["data"])) return input;
    const data = await this.sealFields(input["payload"]["data"]);
    return { ...input, payload: { ...input["payload"], data } };
  }

  #encrypts(name: string): boolean {
    const { legacyV0Service: legacy, eventEncryptionField = "encrypted" } = this.options;
    const field = legacy?.forceEncryptWithV0 ? (legacy.eventEncryptionField ?? "encrypted") : eventEncryptionField;
    if (typeof field === "function") return field(name);
    return field !== false && (typeof field === "string" ? field === name : field.includes(name));
  }
}

async function mapFields(
  data: Record<string, unknown>,
  change: (value: unknown, name: string) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const entries = await Promise.all(
    Object.entries(data).map(async ([name, value]) => [name, await change(value, name)] as const),
  );
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
