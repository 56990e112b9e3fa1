import { isLegacy } from "../../define/legacy-registration.js";
import type { Middleware } from "../../define/middleware.js";
import type { MiddlewareUse } from "../../define/middleware-uses.js";
import { createInstance } from "../../define/send-through.js";
import type { Layer } from "./layer.js";
import { createLegacyLayer } from "./legacy-layer.js";

/** The middleware of one execution, each with its own state. */
export async function createLayers(
  uses: readonly MiddlewareUse[],
  client: object,
  input: Middleware.TransformFunctionInputArgs,
): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const use of uses) {
    const layer = isLegacy(use.middleware)
      ? await createLegacyLayer(use, client, input)
      : createInstance(use.middleware as Middleware.Class, client);
    if (layer) layers.push(layer);
  }
  return layers;
}
