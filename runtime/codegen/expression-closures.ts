import { interpretSource } from "../manifest/expression/compile-expression.js";
import type { CompiledExpression } from "../manifest/expression/interpret-expression.js";
import { ApplicationError } from "./application-error.js";

/** Conditions made of run-time data are many and short-lived; beyond this the oldest are forgotten. */
const mostInterpreted = 10_000;

/** The closures of an application's expressions. */
export interface ExpressionClosures {
  /**
   * What evaluates an expression: the closure that the build made for this source, else an interpreted one.
   *
   * @throws ApplicationError `invalid-expression`
   */
  lookup(source: string): CompiledExpression;
}

/** @param built by source, what the build lowered */
export function createExpressionClosures(built: ReadonlyMap<string, CompiledExpression>): ExpressionClosures {
  const interpreted = new Map<string, CompiledExpression>();
  return {
    lookup(source) {
      const known = built.get(source) ?? interpreted.get(source);
      if (known) return known;
      const compiled = interpretSource(source, { async: true });
      if (!compiled.ok) {
        throw new ApplicationError("invalid-expression", `\`${source}\`: ${compiled.message}`, compiled.help);
      }
      if (interpreted.size >= mostInterpreted) {
        const [oldest] = interpreted.keys();
        if (oldest !== undefined) interpreted.delete(oldest);
      }
      interpreted.set(source, compiled.value);
      return compiled.value;
    },
  };
}
