import { Middleware } from "./middleware.js";
import { refuse } from "./refuse.js";

type Target = "run" | "step" | "attempt" | "span";

/** Says what is noted, from the widest target to the narrowest. */
export type MetadataBuilder<Left extends Target = Target, More = {}> = Pick<
  {
    run(id?: string): MetadataBuilder<Exclude<Left, "run">, More>;
    step(id?: string, index?: number): MetadataBuilder<Exclude<Left, "run" | "step">, More>;
    attempt(index?: number): MetadataBuilder<Exclude<Left, "run" | "step" | "attempt">, More>;
    span(id: string): MetadataBuilder<never, More>;
  },
  Left
> & {
  set(values: Record<string, unknown>, kind?: string): Promise<void>;
  /** @deprecated Use `set`. */
  update(values: Record<string, unknown>, kind?: string): Promise<void>;
} & More;

/** `step.metadata(id)`, which `metadataMiddleware` adds. */
export type MetadataTool = (
  id: string,
) => MetadataBuilder<Target, { do(body: (builder: MetadataBuilder) => Promise<void>): Promise<void> }>;

/** A builder of which the calls that would note something are made by `refused`. */
export function refusingMetadata(refused: (call: string) => () => Promise<never>): ReturnType<MetadataTool> {
  const builder = {
    run: () => builder,
    step: () => builder,
    attempt: () => builder,
    span: () => builder,
    set: refused("set"),
    update: refused("update"),
    do: refused("do"),
  };
  return builder as never;
}

/** `client.metadata`. @throws StepwrightError `unsupported-call`, where something would be noted */
export const clientMetadata: MetadataBuilder = refusingMetadata((call) => refuse(`client.metadata.${call}`));

/** Gives handlers the type of `step.metadata`, which is there in any case. */
export const metadataMiddleware = () =>
  class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:metadata";

    override transformFunctionInput(args: Middleware.TransformFunctionInputArgs): MetadataInput {
      return args as MetadataInput;
    }
  };

type MetadataInput = Middleware.TransformFunctionInputArgs & { ctx: { step: { metadata: MetadataTool } } };
