import { ambient } from "./ambient.js";
import type { Stepwright } from "./client.js";
import type { Context } from "./sdk-names.js";

/** The run that the code belongs to, for libraries that are called from handlers. */
export interface AsyncContext {
  readonly app: Stepwright.Like;
  readonly execution?: {
    /** What the handler was called with. */
    readonly ctx: Context.Any;
    /** The step whose body the code is. */
    readonly executingStep?: { readonly id: string };
  };
}

/** undefined outside of a run. @example const step = (await getAsyncCtx())?.execution?.ctx.step */
export async function getAsyncCtx(): Promise<AsyncContext | undefined> {
  return ambient.currentContext?.();
}
