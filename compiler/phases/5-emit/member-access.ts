/** `["a"]["0"]` for the path of an exported value; correct on values and, after `typeof`, on types. */
export const memberAccess = (path: readonly string[]): string =>
  path.map((name) => `[${JSON.stringify(name)}]`).join("");
