/** Executes a query: of each object only the fields that it asks for. */
import { type Argument, invalidQuery, type Operation, type QueryDocument, type Selection } from "./read-document.js";

export type Variables = ReadonlyMap<string, unknown>;
/** Given the arguments; what it answers is projected. */
export type Field = (args: ReadonlyMap<string, unknown>) => unknown;

/** A page of spans with their attempts is far below. */
const mostFields = 20_000;

/** @throws RequestError `invalid-query` */
export function chooseOperation({ operations }: QueryDocument, name: string | null): Operation {
  const found = name === null ? operations : operations.filter((each) => each.name === name);
  const [operation, another] = found;
  if (operation === undefined || another !== undefined) {
    const what = name === null ? "one query" : `one query \`${name.slice(0, 100)}\``;
    throw invalidQuery(`there must be ${what}, but there are ${found.length}`);
  }
  return operation;
}

/** @throws RequestError `invalid-query` */
export async function answerQuery(
  { selections }: Operation,
  { fragments }: QueryDocument,
  variables: Variables,
  root: Readonly<Record<string, Field>>,
): Promise<object> {
  let count = 0;
  const open = new Set<string>();

  const project = async (value: unknown, wanted: readonly Selection[] | null, where: string): Promise<unknown> => {
    const resolved = await value;
    if (Array.isArray(resolved)) {
      const items: unknown[] = [];
      for (const item of resolved) items.push(await project(item, wanted, where));
      return items;
    }
    if (wanted === null || resolved === null || typeof resolved !== "object") return resolved;
    const entries: [string, unknown][] = [];
    await select(resolved, wanted, where, entries);
    return Object.fromEntries(entries);
  };

  const select = async (
    object: object,
    wanted: readonly Selection[],
    where: string,
    entries: [string, unknown][],
  ): Promise<void> => {
    for (const selection of wanted) {
      if (selection.kind === "inline") await select(object, selection.selections, where, entries);
      else if (selection.kind === "spread") {
        const { fragment } = selection;
        const inner = fragments.get(fragment);
        if (inner === undefined) throw invalidQuery(`there is no fragment \`${fragment}\``);
        if (open.has(fragment)) throw invalidQuery(`fragment \`${fragment}\` holds itself`);
        open.add(fragment);
        await select(object, inner, where, entries);
        open.delete(fragment);
      } else {
        const { key, name, args } = selection;
        if (++count > mostFields) throw invalidQuery(`the answer has more than ${mostFields} fields`);
        if (!Object.hasOwn(object, name)) throw invalidQuery(`\`${where}\` has no field \`${name.slice(0, 100)}\``);
        const held: unknown = Reflect.get(object, name);
        const value = typeof held === "function" ? Reflect.apply(held, object, [bind(args, variables)]) : held;
        entries.push([key, await project(value, selection.selections, name)]);
      }
    }
  };

  const entries: [string, unknown][] = [];
  await select(root, selections, "Query", entries);
  return Object.fromEntries(entries);
}

function bind(args: ReadonlyMap<string, Argument>, variables: Variables): ReadonlyMap<string, unknown> {
  return new Map([...args].map(([name, argument]) => [name, valueOf(argument, variables)]));
}

function valueOf(argument: Argument, variables: Variables): unknown {
  switch (argument.kind) {
    case "variable":
      return variables.get(argument.name) ?? null;
    case "value":
      return argument.value;
    case "list":
      return argument.items.map((item) => valueOf(item, variables));
    case "object":
      return Object.fromEntries([...argument.fields].map(([name, field]) => [name, valueOf(field, variables)]));
  }
}
