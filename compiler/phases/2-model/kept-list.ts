/** A list of one version of the program after the other. */
export class KeptList<Item> {
  #latest: readonly Item[] = [];

  /** The list of the version before, where its items are the same objects: later phases keep what they know by it. */
  keep(list: readonly Item[]): readonly Item[] {
    const before = this.#latest;
    const isSame = before.length === list.length && before.every((item, index) => item === list[index]);
    if (!isSame) this.#latest = list;
    return this.#latest;
  }
}
