import { Middleware } from "./middleware.js";

interface Injected<TCtx> extends Middleware.BaseMiddleware {
  transformFunctionInput(
    args: Middleware.TransformFunctionInputArgs,
  ): Omit<Middleware.TransformFunctionInputArgs, "ctx"> & { ctx: Middleware.RunContext & TCtx };
}

/**
 * Adds values to the context of every handler.
 * @example new Stepwright({ id: "shop", middleware: [dependencyInjectionMiddleware({ db })] })
 */
export function dependencyInjectionMiddleware<TCtx extends Record<string, any>>(
  values: TCtx,
): new (args: { client: any }) => Injected<TCtx> {
  return class extends Middleware.BaseMiddleware {
    readonly id = "inngest:dependency-injection";

    override transformFunctionInput(args: Middleware.TransformFunctionInputArgs) {
      return { ...args, ctx: { ...args.ctx, ...values } };
    }
  };
}
