/** Members that every function has, or that the client has beside the application's own. */
const taken: ReadonlySet<string> = new Set([
  "many",
  "name",
  "length",
  "prototype",
  "arguments",
  "caller",
  "apply",
  "bind",
  "call",
  "constructor",
  "toString",
  "valueOf",
  "hasOwnProperty",
  // An object with `then` is taken for a promise.
  "then",
]);

/**
 * Property names for event names or ids: `order/placed` → `orderPlaced`. Where two would get the same, both spell out
 * what separates their words (`orderSlashPlaced`), so that a name depends on its rivals but not on their order.
 *
 * @param suffix what makes a name that is taken a free one: `name` → `nameEvent`
 */
export function namePropertiesOf(sources: readonly string[], suffix: string): Map<string, string> {
  const short = new Map(sources.map((source) => [source, freeName(camelCase(source), suffix)]));
  const uses = countUses(short.values());
  const spelled = new Map(
    [...short].map(([source, name]) => [
      source,
      (uses.get(name) ?? 0) > 1 ? freeName(camelCase(spellOut(source)), suffix) : name,
    ]),
  );
  return numberRepeats(spelled);
}

/** Words begin at every character that is neither letter nor digit; the first one begins small. */
function camelCase(text: string): string {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const joined = words.map((word, index) => setFirst(word, index > 0)).join("");
  return /^\p{N}/u.test(joined) || joined === "" ? `_${joined}` : joined;
}

function setFirst(word: string, upper: boolean): string {
  const [first = ""] = word;
  return (upper ? first.toUpperCase() : first.toLowerCase()) + word.slice(first.length);
}

const freeName = (name: string, suffix: string): string => (taken.has(name) ? `${name}${suffix}` : name);

const separators: Readonly<Record<string, string>> = {
  "/": "slash",
  ".": "dot",
  "-": "dash",
  _: "underscore",
  ":": "colon",
  " ": "space",
};

const spellOut = (text: string): string =>
  text.replace(
    /[^\p{L}\p{N}]/gu,
    (character) => ` ${separators[character] ?? `u${character.codePointAt(0)?.toString(16)}`} `,
  );

function countUses(names: Iterable<string>): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/** The last resort, for names that differ in nothing but the case of their first letters. */
function numberRepeats(names: ReadonlyMap<string, string>): Map<string, string> {
  const used = new Set<string>();
  const result = new Map<string, string>();
  for (const source of [...names.keys()].sort()) {
    const name = names.get(source) ?? "_";
    let free = name;
    for (let number = 2; used.has(free); number++) free = `${name}${number}`;
    used.add(free);
    result.set(source, free);
  }
  return result;
}
