/** The emitted client's machinery: sends through a client, invokes and reads runs here or over HTTP. */
import { ambient } from "../define/ambient.js";
import { Stepwright } from "../define/client.js";
import { authorized } from "../define/authorized.js";
import { readEnvironment, resolveEndpoint } from "../define/endpoint.js";
import { EventSchemas } from "../define/event-schemas.js";
import type { StandardSchemaV1 } from "../define/standard-schema.js";
import type { JsonSchema } from "../manifest/manifest.js";
import type {
  Client,
  ClientApplication,
  ConnectOptions,
  SendOptions,
  SentEvents,
  WaitOptions,
} from "./client-types.js";
import { validatorOfJsonSchema } from "./json-schema-validator.js";
import { askHere, askOverHttp, awaitResult, readRun, startRun } from "./run-requests.js";

/** The application as the emitted client holds it. */
export interface ClientDescription {
  /** The application's id; null when only the running application knows it. */
  readonly app: string | null;
  /** By property of `send`. */
  readonly events: Readonly<Record<string, { readonly name: string; readonly schema?: JsonSchema }>>;
  /** Function ids by property of `invoke`. */
  readonly functions: Readonly<Record<string, string>>;
}

type Outgoing = { name: string; data: unknown } & SendOptions;

/** Makes the typed client of an application. Opens no connection. */
export function createClient<App extends ClientApplication>(
  description: ClientDescription,
  options: ConnectOptions = {},
): Client<App> {
  const send = createSend(description, options);
  const client = { send, invoke: createInvoke(description, options), runs: createRuns(description, options) };
  // the edge: the emitted types say what the description says
  return client as unknown as Client<App>;
}

function createSend({ app, events }: ClientDescription, options: ConnectOptions) {
  const schemas = new Map<string, StandardSchemaV1>();
  for (const { name, schema } of Object.values(events)) if (schema) schemas.set(name, validatorOfJsonSchema(schema));
  const sender = new Stepwright({ ...options, id: app ?? "app", schemas: new EventSchemas<any>(schemas) });
  const many = (batch: readonly Outgoing[]): Promise<SentEvents> => sender.send([...batch] as never);
  const one = (name: string, data: unknown, given: SendOptions = {}) => many([{ ...given, name, data }]);
  const send = (name: string, data: unknown, given?: SendOptions) => one(name, data, given);
  const byProperty = Object.entries(events).map(([property, { name }]) => [
    property,
    (data: unknown, given?: SendOptions) => one(name, data, given),
  ]);
  return defineMembers(send, [...byProperty, ["many", many]]);
}

/** Assignment would fail for members that functions have already, such as `name`. */
function defineMembers<Target extends object>(target: Target, members: readonly (readonly unknown[])[]): Target {
  for (const [property, value] of members) {
    Object.defineProperty(target, String(property), { value, enumerable: true, configurable: true });
  }
  return target;
}

const endpointOf = (options: ConnectOptions) =>
  authorized(resolveEndpoint({ id: "app", ...options }, readEnvironment(), options.eventKey));

function createInvoke({ app, functions }: ClientDescription, options: ConnectOptions) {
  const members = Object.entries(functions).map(([property, id]) => {
    const invoke = async (data: unknown, { timeoutMs }: WaitOptions = {}): Promise<unknown> => {
      const fullId = app === null ? id : `${app}-${id}`;
      const { runId } = ambient.invoke
        ? await ambient.invoke(fullId, data)
        : { runId: await startRun(endpointOf(options), fullId, data) };
      return awaitResult(askFor(options), runId, timeoutMs ?? Number.POSITIVE_INFINITY);
    };
    return [property, invoke];
  });
  return defineMembers({}, members);
}

/** The runtime of this process where there is one, else the one over HTTP. */
const askFor = (options: ConnectOptions) =>
  ambient.result ? askHere(ambient.result) : askOverHttp(endpointOf(options));

function createRuns({ app }: ClientDescription, options: ConnectOptions) {
  return {
    async get(runId: string) {
      const { functionId, ...run } = await readRun(endpointOf(options), runId);
      const prefix = app === null ? "" : `${app}-`;
      return { ...run, function: functionId.startsWith(prefix) ? functionId.slice(prefix.length) : functionId };
    },
    result: (_functionId: string, runId: string, { timeoutMs }: WaitOptions = {}) =>
      awaitResult(askFor(options), runId, timeoutMs ?? Number.POSITIVE_INFINITY),
  };
}
