import type { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import type { Scope } from "../../1-source/evaluate/scope.js";
import type { StepSite } from "../model.js";
import type { Reading } from "../reading.js";
import { readOuterWrites } from "./outer-writes.js";
import { readUnboundedReads, readUnkeyedCalls } from "./service-calls.js";

type BodyFacts = Pick<StepSite, "outerWrites" | "unkeyedCalls" | "unboundedReads">;

const nothing: BodyFacts = { outerWrites: [], unkeyedCalls: [], unboundedReads: [] };

/** What a step's callback does besides giving its result. */
export function readBodyFacts(reading: Reading, callback: ts.Expression | null, scope: Scope): BodyFacts {
  const value = callback && evaluate(reading.evaluation, callback, scope);
  if (value?.kind !== "function") return nothing;
  return {
    outerWrites: readOuterWrites(reading, value.node),
    unkeyedCalls: readUnkeyedCalls(reading, value),
    unboundedReads: readUnboundedReads(reading, value),
  };
}
