import type { Application } from "../codegen/application.js";
import { compileExpression } from "../manifest/expression/compile-expression.js";
import { ExpressionLibrary } from "../manifest/expression/expression-library.js";
import { isTruthy } from "../manifest/expression/expression-values.js";
import type { Expression } from "../manifest/manifest.js";
import { RuntimeError } from "./engine.js";

/** Conditions made of run-time data are many and short-lived; beyond this the oldest are forgotten. */
const mostCompiled = 10_000;

/** Evaluates the application's conditions. */
export class Conditions {
  readonly #compiled = new Map<string, Expression>();

  constructor(
    readonly app: () => Application,
    readonly now: () => number,
    /** Told of a condition that could not be evaluated, which counts as false. */
    readonly onTrouble: (condition: string, error: unknown) => void,
  ) {}

  holds(condition: string, event: unknown, async: unknown = null): boolean {
    try {
      const evaluate = this.app().expressions.lookup(condition);
      return isTruthy(evaluate(event, async, new ExpressionLibrary(this.now())));
    } catch (error) {
      this.onTrouble(condition, error);
      return false;
    }
  }

  /** The value of a key or number over the event; `undefined` when it cannot be evaluated. */
  value(source: string, event: unknown): unknown {
    try {
      return this.app().expressions.lookup(source)(event, null, new ExpressionLibrary(this.now()));
    } catch (error) {
      this.onTrouble(source, error);
      return undefined;
    }
  }

  /** The condition of a wait. @throws RuntimeError `invalid-expression` */
  compileWait(condition: string): Expression {
    const known = this.#compiled.get(condition);
    if (known) return known;
    const compiled = compileExpression(condition, { async: true });
    if (!compiled.ok)
      throw new RuntimeError("invalid-expression", `\`${condition}\`: ${compiled.message}`, compiled.help);
    if (this.#compiled.size >= mostCompiled) {
      const [oldest] = this.#compiled.keys();
      if (oldest !== undefined) this.#compiled.delete(oldest);
    }
    this.#compiled.set(condition, compiled.value);
    return compiled.value;
  }
}
