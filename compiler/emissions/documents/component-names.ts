/**
 * Keys for the components of a document, which may hold letters, digits, `.`, `-` and `_`: `order/placed` → `order.placed`. Names that
 * would get the same key are numbered in their order.
 */
export function componentNames(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      const plain = name.replace(/[^A-Za-z0-9._-]+/g, ".") || "_";
      let key = plain;
      for (let count = 2; taken.has(key); count++) key = `${plain}-${count}`;
      taken.add(key);
      return [name, key];
    }),
  );
}
