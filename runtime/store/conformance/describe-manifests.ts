import { expect, it } from "vitest";
import { mostManifests } from "../store.js";
import { must } from "./apply.js";
import { t0 } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

const sample = (hash: string, startedAt: number, manifest = `{"hash":"${hash}"}`) =>
  ({ kind: "manifest", manifest: { hash, manifest, startedAt } }) as const;

/** The applications that have run on the store. */
export function describeManifests(current: () => StoreUnderTest): void {
  it("lists what has run, the latest first; one that runs again is the latest", async () => {
    const { store } = current();
    expect(await store.manifests.list(10)).toEqual([]);
    await must(store, sample("a", t0), sample("b", t0 + 1));
    await must(store, sample("a", t0 + 2, "{}"));
    expect(await store.manifests.list(10)).toEqual([
      { hash: "a", manifest: "{}", startedAt: t0 + 2 },
      { hash: "b", manifest: '{"hash":"b"}', startedAt: t0 + 1 },
    ]);
    expect(await store.manifests.list(1)).toHaveLength(1);
  });

  it("keeps the latest ones only", async () => {
    const { store } = current();
    for (let n = 0; n <= mostManifests; n++) await must(store, sample(`m${n}`, t0 + n));
    const kept = (await store.manifests.list(1_000)).map(({ hash }) => hash);
    expect(kept).toHaveLength(mostManifests);
    expect([kept[0], kept.at(-1)]).toEqual([`m${mostManifests}`, "m1"]);
  });
}
