import type { Application } from "../codegen/application.js";
import { compileExpression } from "../manifest/expression/compile-expression.js";
import { ExpressionLibrary } from "../manifest/expression/expression-library.js";
import { isTruthy } from "../manifest/expression/expression-values.js";
import type { Expression } from "../manifest/manifest.js";
import type { ExpressionProblem } from "../store/records.js";
import { RuntimeError } from "./engine.js";
import { messageOf } from "./message-of.js";

/** Conditions made of run-time data are many and short-lived; beyond this the oldest are forgotten. */
const mostCompiled = 10_000;
/** So much of an expression, and of what is wrong with it, is kept. */
const longestText = 1_000;

/** Told of an expression that could not be evaluated, for the event to show it. */
export type NoteProblem = (problem: ExpressionProblem) => void;

/** Evaluates the application's conditions. */
export class Conditions {
  readonly #compiled = new Map<string, Expression>();

  constructor(
    readonly app: () => Application,
    readonly now: () => number,
    /** Told of a condition that could not be evaluated, which counts as false. */
    readonly onTrouble: (condition: string, error: unknown) => void,
  ) {}

  /** `note` gets what went wrong. */
  holds(condition: string, event: unknown, async: unknown = null, note: NoteProblem | null = null): boolean {
    try {
      const evaluate = this.app().expressions.lookup(condition);
      return isTruthy(evaluate(event, async, new ExpressionLibrary(this.now())));
    } catch (error) {
      this.#tell(condition, error, note);
      return false;
    }
  }

  /** The value of a key or number over the event; `undefined` when it cannot be evaluated. */
  value(source: string, event: unknown, note: NoteProblem | null = null): unknown {
    try {
      return this.app().expressions.lookup(source)(event, null, new ExpressionLibrary(this.now()));
    } catch (error) {
      this.#tell(source, error, note);
      return undefined;
    }
  }

  #tell(expression: string, error: unknown, note: NoteProblem | null): void {
    this.onTrouble(expression, error);
    note?.({ expression: expression.slice(0, longestText), message: messageOf(error).slice(0, longestText) });
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
