import type { ts } from "ts-morph";
import type { Value } from "./value.js";

/**
 * What parameters and loop variables stand for while a function is followed, by their declaration. Everything else
 * is looked up in the program. `this` is bound under the class's node.
 */
export class Scope {
  static readonly empty = new Scope(new Map(), null);

  private constructor(
    private readonly bindings: ReadonlyMap<ts.Node, Value>,
    private readonly parent: Scope | null,
  ) {}

  with(bindings: ReadonlyMap<ts.Node, Value>): Scope {
    return bindings.size === 0 ? this : new Scope(bindings, this);
  }

  lookUp(declaration: ts.Node): Value | undefined {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const value = scope.bindings.get(declaration);
      if (value) return value;
    }
    return undefined;
  }

  /** Whether something that is bound, here or further out, is like that. */
  some(test: (value: Value) => boolean): boolean {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      for (const value of scope.bindings.values()) if (value.kind !== "instance" && test(value)) return true;
    }
    return false;
  }

  /** All that is bound, here and further out; what is bound again further in comes first. */
  *entries(): Iterable<readonly [ts.Node, Value]> {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) yield* scope.bindings;
  }

  get isEmpty(): boolean {
    return this.parent === null;
  }
}
