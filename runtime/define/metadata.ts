import { Middleware } from "./middleware.js";
import type { NoteTarget, WriteNote } from "./note.js";

type Target = "run" | "step" | "attempt" | "span";

/**
 * Says what is noted, from the widest target to the narrowest; without one, on the step or the run that executes here. `set` merges the
 * values into those that are there under the kind, and resolves when that is stored.
 *
 * @throws StepwrightError `note-without-run`, `unsupported-call` for a span; `send-refused`, `send-failed`
 * @example await client.metadata.run(runId).set({ rows: 5 }, "import");
 */
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

/** A builder of which each part narrows the target; `write` gets what it has come to. */
export function makeMetadata<More extends object>(
  write: WriteNote,
  more: More,
  target: NoteTarget = {},
): MetadataBuilder<Target, More> {
  const at = (narrower: NoteTarget) => makeMetadata(write, more, { ...target, ...narrower });
  const set = (values: Record<string, unknown>, kind = "default") => write(target, `userland.${kind}`, values);
  return {
    run: (id) => at({ runId: id ?? null }),
    step: (id, index) => at({ stepId: id ?? null, ...(index !== undefined && { stepIndex: index }) }),
    // All attempts of a step have the same.
    attempt: () => at({}),
    span: (id) => at({ spanId: id }),
    set,
    update: set,
    ...more,
  };
}

/** Gives handlers the type of `step.metadata`, which is there in any case. */
export const metadataMiddleware = () =>
  class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:metadata";

    override transformFunctionInput(args: Middleware.TransformFunctionInputArgs): MetadataInput {
      return args as MetadataInput;
    }
  };

type MetadataInput = Middleware.TransformFunctionInputArgs & { ctx: { step: { metadata: MetadataTool } } };
