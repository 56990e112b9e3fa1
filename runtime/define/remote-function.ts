import { FunctionDefinition } from "./function-definition.js";

export interface RemoteParts {
  /** Without the application's prefix. */
  readonly id: string;
  readonly appId: string;
  /** Where the application is called for this function: the URL that it registered, `fnId` and `stepId` included; a `workerUrl` where its workers dial out. */
  readonly url: string;
  /** It is an endpoint of an API: `url` is its origin, and the event of a run is the request that has begun it. */
  readonly isEndpoint?: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  readonly triggers: readonly unknown[];
}

/** A function whose handler is in another process: behind HTTP, or in a worker that dials out. */
export class RemoteFunction extends FunctionDefinition {
  readonly url: string;
  readonly isEndpoint: boolean;

  constructor({ id, appId, url, isEndpoint, config, triggers }: RemoteParts) {
    super({ id, client: { id: appId }, config, triggers, handler: elsewhere });
    this.url = url;
    this.isEndpoint = isEndpoint ?? false;
  }
}

function elsewhere(): never {
  throw new Error("internal error: the handler of a remote function is called in this process");
}
