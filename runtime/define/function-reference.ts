import { brandClass, readBrand } from "./brand.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { InvokeData, ResultOf } from "./invoke-types.js";
import type { StandardSchemaV1 } from "./standard-schema.js";

/** A function that lives elsewhere, by its ids. */
export class FunctionReference<Data = any, Result = any> {
  declare readonly "~data": Data;
  declare readonly "~result": Result;
  /** `appId` is the calling application's where it is missing. */
  readonly opts: { readonly functionId: string; readonly appId?: string };

  constructor(opts: { readonly functionId: string; readonly appId?: string }) {
    this.opts = opts;
  }

  get [Symbol.toStringTag](): "Inngest.FunctionReference" {
    return "Inngest.FunctionReference";
  }
}
brandClass(FunctionReference, "reference");

/** True for a reference made by this or another copy of the package. */
export function isFunctionReference(value: unknown): value is FunctionReference {
  return readBrand(value, "reference") === true;
}

interface ReferenceArgs<D, R> {
  functionId: string;
  appId?: string;
  schemas?: { data?: D; return?: R };
}

type Schema = StandardSchemaV1<any, any>;
type InputOf<S> = S extends StandardSchemaV1<infer I, any> ? I : any;
type OutputOf<S> = [S] extends [StandardSchemaV1<any, infer O>] ? O : unknown;

/**
 * Refers to a function of another application, or of another file without importing it.
 * @example await step.invoke("pay", { function: referenceFunction<typeof charge>({ functionId: "charge" }), data });
 */
export function referenceFunction<D extends Schema | undefined = undefined, R extends Schema | undefined = undefined>(
  args: ReferenceArgs<D, R>,
): FunctionReference<InputOf<D>, OutputOf<R>>;
export function referenceFunction<F extends FunctionDefinition>(args: {
  functionId: string;
  appId?: string;
}): FunctionReference<InvokeData<F>, ResultOf<F>>;
export function referenceFunction({ functionId, appId }: { functionId: string; appId?: string }): FunctionReference {
  return new FunctionReference(appId === undefined ? { functionId } : { functionId, appId });
}
