/** Handlers made at random, and changes to them as a deployment would bring them. */
export type Random = (below: number) => number;

type Statement =
  | { readonly kind: "run" | "sleep" | "wait" | "fails"; readonly id: string }
  | { readonly kind: "parallel" | "race"; readonly ids: readonly string[] }
  | {
      readonly kind: "if";
      readonly limit: number;
      readonly then: readonly Statement[];
      readonly other: readonly Statement[];
    }
  | { readonly kind: "loop" | "helper"; readonly body: readonly Statement[] }
  | { readonly kind: "try"; readonly body: readonly Statement[]; readonly caught: readonly Statement[] }
  | { readonly kind: "kept"; readonly id: string; readonly beside: readonly Statement[] }
  | { readonly kind: "return"; readonly limit: number };

export class Programs {
  #ids = 0;

  constructor(private readonly random: Random) {}

  #id(): string {
    return `s${this.#ids++}`;
  }

  block(depth: number, length = 1 + this.random(3)): Statement[] {
    return Array.from({ length }, () => this.#statement(depth));
  }

  #statement(depth: number): Statement {
    const limit = this.random(5);
    switch (this.random(depth > 0 ? 14 : 4)) {
      case 4:
        return { kind: "parallel", ids: [this.#id(), this.#id()] };
      case 5:
        return { kind: "race", ids: [this.#id(), this.#id()] };
      case 6:
      case 7:
        return { kind: "if", limit, then: this.block(depth - 1), other: this.random(2) ? this.block(depth - 1) : [] };
      case 8:
        return { kind: "loop", body: this.block(depth - 1) };
      case 9:
        return { kind: "helper", body: this.block(depth - 1) };
      case 10:
        return { kind: "try", body: [...this.block(depth - 1), this.#failing()], caught: this.block(depth - 1) };
      case 11:
        return { kind: "kept", id: this.#id(), beside: this.block(depth - 1) };
      case 12:
        return { kind: "return", limit };
      case 2:
        return { kind: "sleep", id: this.#id() };
      case 3:
        return { kind: "wait", id: this.#id() };
      default:
        return { kind: "run", id: this.#id() };
    }
  }

  #failing(): Statement {
    return { kind: "fails", id: this.#id() };
  }

  /** The same with one change somewhere. */
  change(block: readonly Statement[]): Statement[] {
    const at = this.random(block.length);
    const chosen = block[at];
    if (!chosen) return this.block(0, 1);
    const replaced = (...by: Statement[]): Statement[] => [...block.slice(0, at), ...by, ...block.slice(at + 1)];
    if (this.random(2) === 0) {
      switch (chosen.kind) {
        case "if":
          return replaced({ ...chosen, then: this.change(chosen.then) });
        case "loop":
        case "helper":
          return replaced({ ...chosen, body: this.change(chosen.body) });
        case "try":
          return replaced(
            this.random(2) === 0
              ? { ...chosen, body: this.change(chosen.body) }
              : { ...chosen, caught: this.change(chosen.caught) },
          );
        case "kept":
          return replaced({ ...chosen, beside: this.change(chosen.beside) });
      }
    }
    switch (this.random(6)) {
      case 0:
        return replaced();
      case 1:
        return replaced(...this.block(1, 1), chosen);
      case 2:
        return replaced(chosen, ...this.block(1, 1));
      case 3:
        return at > 0
          ? [...block.slice(0, at - 1), chosen, ...block.slice(at - 1, at), ...block.slice(at + 1)]
          : replaced();
      case 4:
        return replaced({ kind: "if", limit: this.random(5), then: [chosen], other: [] });
      default:
        if ("limit" in chosen) return replaced({ ...chosen, limit: this.random(5) });
        return "id" in chosen ? replaced({ ...chosen, id: this.#id() }) : replaced(...this.block(1, 1));
    }
  }
}

/** A module that exports each handler's function under its name. */
export function printModule(handlers: Readonly<Record<string, readonly Statement[]>>): string {
  const helpers: string[] = [];
  const print = (block: readonly Statement[]): string => block.map(printOne).join("\n");
  const printOne = (statement: Statement): string => {
    switch (statement.kind) {
      case "run":
        return `await step.run("${statement.id}", () => 1);`;
      case "fails":
        return `await step.run("${statement.id}", () => { throw new Error("no"); });`;
      case "sleep":
        return `await step.sleep("${statement.id}", "1h");`;
      case "wait":
        return `await step.waitForEvent("${statement.id}", { event: "ping", timeout: "2h" });`;
      case "parallel":
      case "race": {
        const [first, second] = statement.ids;
        const call = statement.kind === "race" ? "race" : "all";
        return `await Promise.${call}([step.sleep("${first}", "5h"), step.sleep("${second}", "2h")]);`;
      }
      case "if":
        return `if (event.data.n > ${statement.limit}) {\n${print(statement.then)}\n} else {\n${print(statement.other)}\n}`;
      case "loop":
        return `for (const _ of [1, 2]) {\n${print(statement.body)}\n}`;
      case "try":
        return `try {\n${print(statement.body)}\n} catch {\n${print(statement.caught)}\n}`;
      case "kept":
        return `const ${statement.id} = step.sleep("${statement.id}", "7h");\n${print(statement.beside)}\nawait ${statement.id};`;
      case "return":
        return `if (event.data.n > ${statement.limit}) return;`;
      case "helper": {
        const name = `helper${helpers.length}`;
        helpers.push("");
        const index = helpers.length - 1;
        helpers[index] = `async function ${name}({ event, step }: any): Promise<void> {\n${print(statement.body)}\n}`;
        return `await ${name}({ event, step });`;
      }
    }
  };
  const functions = Object.entries(handlers).map(([name, block]) => {
    const options = `{ id: "${name}", retries: 0, triggers: [{ event: "go" }] }`;
    return `export const ${name} = client.createFunction(${options}, async ({ event, step }) => {\n${print(block)}\n});`;
  });
  const head = 'import { Stepwright } from "stepwright";\n\nconst client = new Stepwright({ id: "app" });';
  return [head, ...helpers, ...functions].join("\n\n");
}
