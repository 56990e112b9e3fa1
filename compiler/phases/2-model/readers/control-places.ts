import { createHash } from "node:crypto";
import { ts } from "ts-morph";
import type { FunctionNode } from "../../1-source/evaluate/value.js";
import type { ReachableCode } from "../reachable-code.js";

/**
 * Whether what is executed before the statement, in a run that comes to it, is what is written before it: it is in the handler's
 * body itself, or in blocks, branches and `try`s of it. A loop's end comes before its beginning, and a `finally` after everything.
 */
export function isControlPlace(statement: ts.Statement, { body }: FunctionNode): boolean {
  for (let node: ts.Node = statement; node.parent !== body; node = node.parent) {
    const { parent } = node;
    const isStraight =
      ts.isBlock(parent) ||
      ts.isIfStatement(parent) ||
      ts.isCatchClause(parent) ||
      (ts.isTryStatement(parent) && parent.finallyBlock !== node);
    if (!isStraight) return false;
  }
  return true;
}

/** Hashes all that a run executes up to the end of a statement that is a control place, the bodies of steps left out. */
export class ControlHashes {
  readonly #ends = new Map<ts.Node, string>();

  constructor(
    private readonly code: ReachableCode,
    private readonly root: FunctionNode,
  ) {}

  /** Of these statements and of the whole handler; empty for a handler that does nothing. */
  list(places: readonly ts.Node[]): string[] {
    const { body } = this.root;
    const last = ts.isBlock(body) ? body.statements.at(-1) : body;
    return last ? [...places, last].map((place) => this.#upTo(place)) : [];
  }

  #upTo(statement: ts.Node): string {
    let end = this.#ends.get(statement);
    // Labels and hoisted functions of later statements are reached by name.
    if (end === undefined) {
      end = chain(this.#before(statement), this.code.hash([statement]));
      this.#ends.set(statement, end);
    }
    return end;
  }

  #beginning(): string {
    return this.code.hash([...this.root.parameters]);
  }

  #before(statement: ts.Node): string {
    const { parent } = statement;
    if (parent === this.root) return this.#beginning();
    // `else if`
    if (!ts.isBlock(parent)) return this.#inside(statement);
    const index = parent.statements.findIndex((each) => each === statement);
    const previous = parent.statements[index - 1];
    if (previous) return this.#upTo(previous);
    return parent === this.root.body ? this.#beginning() : this.#inside(parent);
  }

  /** At the beginning of a part of a statement. */
  #inside(part: ts.Node): string {
    const { parent } = part;
    if (ts.isIfStatement(parent)) {
      const side = parent.thenStatement === part ? "then" : "else";
      return chain(this.#before(parent), side, this.code.hash([parent.expression]));
    }
    if (ts.isCatchClause(parent)) {
      return chain(this.#before(parent.parent), "catch", this.code.hash([parent.parent.tryBlock]));
    }
    return ts.isTryStatement(parent) ? chain(this.#before(parent), "try") : chain(this.#before(part), "block");
  }
}

function chain(...parts: readonly string[]): string {
  return parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");
}
