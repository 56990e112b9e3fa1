import type { FunctionRunHooks, MiddlewareRegisterReturn } from "../../define/legacy-middleware.js";
import { isLegacy, registerLegacy } from "../../define/legacy-registration.js";
import type { Middleware } from "../../define/middleware.js";
import type { MiddlewareUse } from "../../define/middleware-uses.js";
import { openInvocation } from "../../define/send-through.js";
import type { Layer } from "./layer.js";

type Input = Middleware.TransformFunctionInputArgs;
type RunInfo = Parameters<NonNullable<MiddlewareRegisterReturn["onFunctionRun"]>>[0];

/** SDK v3's hooks for one execution; null when the middleware has none for runs. */
export async function createLegacyLayer(use: MiddlewareUse, client: object, input: Input): Promise<Layer | null> {
  if (!isLegacy(use.middleware)) return null;
  const registered = await registerLegacy(use.middleware, client, use.fn);
  const hooks = (await registered.onFunctionRun?.(runInfo(input, input.steps))) ?? {};
  const { transformInput, transformOutput } = hooks;
  return {
    id: use.middleware.name,
    changesOnlyTheRecord: true,
    ...pickPlain(hooks),
    ...(transformInput && { transformFunctionInput: (args: Input) => transform(transformInput, args) }),
    ...(transformOutput && {
      wrapFunctionHandler: ({ next }: Middleware.WrapFunctionHandlerArgs) => withOutput(transformOutput, next),
      wrapStepHandler: ({ next, stepInfo }: Middleware.WrapStepArgs) =>
        withOutput(transformOutput, next, describeStep(stepInfo)),
    }),
    ...(registered.onSendEvent && {
      openInvocation: async () => {
        const change = await openInvocation(use, client);
        return async (data: unknown) => (await change({ name: "inngest/function.invoked", data })).data;
      },
    }),
    ...(transformInput && {
      // As the SDK does: what came from outside is seen by the hooks of another request.
      receiveStep: async (id: string, data: unknown) => {
        const steps: Input["steps"] = { [id]: { type: "data", data } };
        const again = (await registered.onFunctionRun?.(runInfo(input, steps))) ?? {};
        if (!again.transformInput) return data;
        return (await transform(again.transformInput, { ...input, steps })).steps[id]?.data;
      },
    }),
  };
}

function pickPlain(hooks: FunctionRunHooks): Partial<Layer> {
  const { finished } = hooks;
  const layer: Partial<Layer> = finished ? { finished: (result) => finished.call(hooks, { result }) } : {};
  for (const name of plainHooks) if (hooks[name]) layer[name] = () => hooks[name]!();
  return layer;
}
const plainHooks = [
  "beforeMemoization",
  "afterMemoization",
  "beforeExecution",
  "afterExecution",
  "beforeResponse",
] as const;

function runInfo({ ctx, fn }: Input, steps: Input["steps"]): RunInfo {
  return { ctx: { ...ctx }, fn, steps: listSteps(steps), reqArgs: [] };
}

const listSteps = (steps: Input["steps"]): RunInfo["steps"] =>
  Object.entries(steps).map(([id, step]) =>
    step.type === "error" ? { id, error: step.error } : { id, data: step.data },
  );

async function transform(transformInput: NonNullable<FunctionRunHooks["transformInput"]>, args: Input): Promise<Input> {
  const changed = await transformInput(runInfo(args, args.steps));
  if (!changed) return args;
  const ids = Object.keys(args.steps);
  const steps = { ...args.steps };
  changed.steps?.forEach((step, index) => {
    const id = ids[index];
    if (id !== undefined && step && "data" in step && steps[id]?.type === "data") {
      steps[id] = { type: "data", data: step.data };
    }
  });
  return { ...args, ctx: changed.ctx ? { ...args.ctx, ...changed.ctx } : args.ctx, steps };
}

/** The result or the error goes through `transformOutput`, which may replace either. */
async function withOutput(
  transformOutput: NonNullable<FunctionRunHooks["transformOutput"]>,
  next: () => Promise<unknown>,
  step?: ReturnType<typeof describeStep>,
): Promise<unknown> {
  let result: { data?: unknown; error?: unknown };
  try {
    result = { data: await next() };
  } catch (error) {
    result = { error };
  }
  const changed = await transformOutput({ result, ...(step && { step }) });
  const { data, error } = { ...result, ...changed?.result };
  if (error !== undefined) throw error;
  return data;
}

const describeStep = ({ hashedId, options, stepType, input }: Middleware.StepInfo) => ({
  id: hashedId,
  op: "StepRun",
  name: stepType === "sendEvent" ? "sendEvent" : options.id,
  displayName: options.name ?? options.id,
  opts: { ...(stepType === "sendEvent" && { type: "step.sendEvent" }), ...(stepType === "run" && input && { input }) },
});
