/** The part of GraphQL that queries are written in: fields, aliases, arguments, variables, fragments. */
import { RequestError } from "../request-error.js";

/** A list or an object that a query holds in its own text. */
export type Argument =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "list"; readonly items: readonly Argument[] }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Argument> };

export type Selection =
  | {
      readonly kind: "field";
      /** What the answer has it under: the alias, or the name. */
      readonly key: string;
      readonly name: string;
      readonly args: ReadonlyMap<string, Argument>;
      /** Null for a field that is not looked into. */
      readonly selections: readonly Selection[] | null;
    }
  | { readonly kind: "spread"; readonly fragment: string }
  /** A fragment in place: its type is not judged, since no field here can be of several types. */
  | { readonly kind: "inline"; readonly selections: readonly Selection[] };

export interface Operation {
  readonly name: string | null;
  readonly selections: readonly Selection[];
}

export interface QueryDocument {
  readonly operations: readonly Operation[];
  readonly fragments: ReadonlyMap<string, readonly Selection[]>;
}

/** Real queries have a few levels; deeper ones only serve to overflow the stack. */
const deepest = 20;
const longest = 50_000;
const token =
  /[\s,\uFEFF]+|#[^\n\r]*|\.\.\.|[!$():=@[\]{|}&]|"(?:[^"\\\n\r]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*/y;
const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** @throws RequestError `invalid-query` */
export function readDocument(text: string): QueryDocument {
  return new Reader(tokenize(text)).document();
}

export function invalidQuery(message: string): RequestError {
  return new RequestError(400, "invalid-query", message, "send a query with fields that the runtime answers");
}

function tokenize(text: string): readonly string[] {
  if (text.length > longest) throw invalidQuery(`the query has ${text.length} characters, at most ${longest} may be`);
  const tokens: string[] = [];
  for (token.lastIndex = 0; token.lastIndex < text.length;) {
    const at = token.lastIndex;
    const [found] = token.exec(text) ?? [];
    if (found === undefined) throw invalidQuery(`the query has \`${text[at]}\` at character ${at + 1}`);
    if (!/^[\s,\uFEFF#]/.test(found)) tokens.push(found);
  }
  return tokens;
}

class Reader {
  #at = 0;
  #depth = 0;

  constructor(readonly tokens: readonly string[]) {}

  document(): QueryDocument {
    const operations: Operation[] = [];
    const fragments = new Map<string, readonly Selection[]>();
    while (this.#at < this.tokens.length) {
      if (this.#takes("fragment")) {
        const name = this.#name();
        this.#expect("on");
        this.#name();
        this.#refuseDirective();
        fragments.set(name, this.#selections());
      } else operations.push(this.#operation());
    }
    return { operations, fragments };
  }

  #operation(): Operation {
    if (this.#peek() === "{") return { name: null, selections: this.#selections() };
    const kind = this.#name();
    if (kind !== "query") throw invalidQuery(`a \`${kind}\` is not answered`);
    const name = this.#peek() === "(" || this.#peek() === "{" ? null : this.#name();
    // What types variables are declared with is not judged: a field reads the arguments that it wants.
    if (this.#takes("(")) while (!this.#takes(")")) this.#next();
    this.#refuseDirective();
    return { name, selections: this.#selections() };
  }

  #selections(): readonly Selection[] {
    if (++this.#depth > deepest) throw invalidQuery(`the query is deeper than ${deepest} levels`);
    this.#expect("{");
    const selections: Selection[] = [];
    while (!this.#takes("}")) selections.push(this.#takes("...") ? this.#fragment() : this.#field());
    this.#depth--;
    return selections;
  }

  #fragment(): Selection {
    if (this.#peek() !== "on" && this.#peek() !== "{") return { kind: "spread", fragment: this.#name() };
    if (this.#takes("on")) this.#name();
    this.#refuseDirective();
    return { kind: "inline", selections: this.#selections() };
  }

  #field(): Selection {
    const key = this.#name();
    const name = this.#takes(":") ? this.#name() : key;
    const args = this.#takes("(") ? this.#arguments(")") : new Map<string, Argument>();
    this.#refuseDirective();
    return { kind: "field", key, name, args, selections: this.#peek() === "{" ? this.#selections() : null };
  }

  #arguments(end: string): ReadonlyMap<string, Argument> {
    const args = new Map<string, Argument>();
    while (!this.#takes(end)) {
      const name = this.#name();
      this.#expect(":");
      args.set(name, this.#value());
    }
    return args;
  }

  #value(): Argument {
    if (++this.#depth > deepest) throw invalidQuery(`the query is deeper than ${deepest} levels`);
    const value = this.#valueHere();
    this.#depth--;
    return value;
  }

  #valueHere(): Argument {
    const first = this.#next();
    if (first === "$") return { kind: "variable", name: this.#name() };
    if (first === "{") return { kind: "object", fields: this.#arguments("}") };
    if (first === "[") {
      const items: Argument[] = [];
      while (!this.#takes("]")) items.push(this.#value());
      return { kind: "list", items };
    }
    if (literals.has(first)) return { kind: "value", value: literals.get(first) };
    if (/^["\d-]/.test(first)) return { kind: "value", value: parseLiteral(first) };
    if (/^\w/.test(first)) return { kind: "value", value: first };
    throw invalidQuery(`the query has \`${first}\` where a value belongs`);
  }

  #refuseDirective(): void {
    if (this.#peek() === "@") throw invalidQuery("directives are not answered");
  }

  #name(): string {
    const name = this.#next();
    if (!/^[A-Za-z_]/.test(name)) throw invalidQuery(`the query has \`${name}\` where a name belongs`);
    return name;
  }

  #expect(wanted: string): void {
    const found = this.#next();
    if (found !== wanted) throw invalidQuery(`the query has \`${found}\` where \`${wanted}\` belongs`);
  }

  #takes(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at++;
    return true;
  }

  #peek(): string | undefined {
    return this.tokens[this.#at];
  }

  #next(): string {
    const found = this.tokens[this.#at++];
    if (found === undefined) throw invalidQuery("the query ends before it is complete");
    return found;
  }
}

function parseLiteral(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidQuery(`the query has \`${text.slice(0, 100)}\`, which is no value`);
  }
}
