import { createHash } from "node:crypto";
import { joinFunctions, type ApplicationFunction } from "../codegen/application.js";
import { describeFunction } from "../codegen/describe-function.js";
import { isStepwright, type Stepwright } from "../define/client.js";
import { isFunctionDefinition } from "../define/function-definition.js";
import { middlewareOf, type MiddlewareUse } from "../define/middleware-uses.js";
import type { LifecycleKind } from "../engine/load-application.js";
import { manifestVersion, type Manifest } from "../manifest/manifest.js";
import { ServeError } from "./serve-error.js";
import { isApplication, type Served } from "./serve-options.js";

/** A function, or a lifecycle handler of one, by which a call can find it. */
export interface ServedFunction extends ApplicationFunction {
  readonly kind: "function" | LifecycleKind;
  /** Of the function that it belongs to; its own otherwise. */
  readonly mainId: string;
  readonly handler: (context: never) => unknown;
  /** The client's, then its own. */
  readonly middleware: readonly MiddlewareUse[];
}

export interface ServedApplication {
  readonly appId: string;
  /** Null for an application without functions. */
  readonly client: Stepwright.Any | null;
  readonly manifest: Manifest;
  /** By full id. */
  readonly functions: ReadonlyMap<string, ServedFunction>;
}

/** @throws ServeError `invalid-client`, `invalid-functions`; ApplicationError `invalid-function`, `duplicate-function-id` */
export function readServed(served: Served): ServedApplication {
  if (isApplication(served)) {
    const [first] = served.functions;
    const client = first && isStepwright(first.definition.client) ? first.definition.client : null;
    // One made of definitions alone has no hash.
    const manifest = served.manifest.hash === "" ? describe(served.appId, served.functions) : served.manifest;
    return { appId: served.appId, client, manifest, functions: listFunctions(served.functions) };
  }
  const { client, functions } = served;
  if (!isStepwright(client)) throw new ServeError("invalid-client", "`serve` has no client");
  if (!Array.isArray(functions)) throw new ServeError("invalid-functions", "`functions` is not a list");
  const given = functions.filter((each) => each !== undefined && each !== null);
  if (given.length < functions.length) {
    client.logger.warn("some of the functions that are served are undefined: look for import cycles");
  }
  const entries = given.map((definition) => {
    if (!isFunctionDefinition(definition)) throw new ServeError("invalid-functions", "not all of them are functions");
    return { definition, entry: describeFunction(definition) };
  });
  const joined = joinFunctions(client.id, entries);
  return { appId: client.id, client, manifest: describe(client.id, joined), functions: listFunctions(joined) };
}

/** As much of a manifest as is known without a build. */
function describe(appId: string, joined: readonly ApplicationFunction[]): Manifest {
  const functions = joined.map(({ entry }) => entry);
  const hash = createHash("sha256")
    .update(JSON.stringify([appId, functions]))
    .digest("hex");
  const app = { id: appId, package: "stepwright" };
  return { version: manifestVersion, app, events: [], functions, waivers: [], opaque: [], hash };
}

function listFunctions(functions: readonly ApplicationFunction[]): ReadonlyMap<string, ServedFunction> {
  const all = new Map<string, ServedFunction>();
  for (const each of functions) {
    const { definition, fullId } = each;
    const middleware = middlewareOf(definition.client, definition);
    const add = (kind: ServedFunction["kind"], handler: ServedFunction["handler"] | undefined): void => {
      if (!handler) return;
      const id = kind === "function" ? fullId : `${fullId}-${kind}`;
      all.set(id, { ...each, fullId: id, kind, mainId: fullId, handler, middleware });
    };
    add("function", definition.handler);
    add("failure", definition.onFailure);
    add("cancel", definition.onCancel);
    add("complete", definition.onComplete);
  }
  return all;
}
