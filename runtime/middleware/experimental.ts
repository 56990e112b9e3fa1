/** `stepwright/experimental`: what the SDK keeps there. */
export { getAsyncCtx, type AsyncContext } from "../define/async-context.js";
export {
  createDefer,
  createScorer,
  type Defer,
  type DeferContext,
  type DeferHandle,
  type DeferredFunction,
  type DeferredParent,
} from "../define/defer.js";
export type { ExperimentRef } from "../define/group-tools.js";
export { metadataMiddleware } from "../define/metadata.js";
export { scoreMiddleware } from "../define/score.js";
export {
  extendedTracesMiddleware,
  InngestSpanProcessor,
  type ExtendedTracesMiddlewareOptions,
} from "./extended-traces.js";
