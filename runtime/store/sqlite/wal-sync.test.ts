import { pbkdf2 } from "node:crypto";
import * as fs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sampleRun, t0, write } from "../conformance/sample-records.js";
import type { Store, Transition } from "../store.js";
import { openSqliteStore } from "./open-sqlite-store.js";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  return { ...real, fdatasync: vi.fn(real.fdatasync), fdatasyncSync: vi.fn(real.fdatasyncSync) };
});

let folder = "";
let path = "";
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-sync-"));
  path = join(folder, "test.db");
  store = await openSqliteStore({ path });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.resetAllMocks();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const many = Array.from({ length: 40 }, (_, index): Transition => ({
  guards: [],
  writes: [write.run(sampleRun(`r${index}`))],
}));

const failed = Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });

/** The disk is asked, and answers when told; nobody loses patience. */
function holdSync(): { release: (error: Error | null) => void } {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const held: { release: (error: Error | null) => void } = { release: () => {} };
  vi.mocked(fs.fdatasync).mockImplementationOnce((_, done) => {
    held.release = done;
  });
  return held;
}

it("tells nobody of a commit, and shows it to nobody, before it is on the disk", async () => {
  const disk = holdSync();
  const seen: string[] = [];
  const committed = store.commit(many).then(() => seen.push("committed"));
  const shown = store.runs.get("r0").then((run) => seen.push(`shown ${run?.id}`));
  await new Promise(setImmediate);
  expect(seen).toEqual([]);
  disk.release(null);
  await Promise.all([committed, shown]);
  expect(seen.sort()).toEqual(["committed", "shown r0"]);
});

it("goes on no more once the disk has failed to sync, and says so to who committed", async () => {
  const disk = holdSync();
  const committed = store.commit(many);
  disk.release(failed);
  await expect(committed).rejects.toMatchObject({ code: "store-io", message: expect.stringContaining("EIO") });
  await expect(store.runs.get("r0")).rejects.toMatchObject({ code: "store-io" });
  await expect(store.commit(many)).rejects.toMatchObject({ code: "store-io" });
});

it("the same for a few, which it waits for", async () => {
  vi.mocked(fs.fdatasyncSync).mockImplementationOnce(() => {
    throw failed;
  });
  await expect(store.commit(many.slice(0, 1))).rejects.toMatchObject({ code: "store-io" });
  await expect(store.runs.count()).rejects.toMatchObject({ code: "store-io" });
});

it("waits for no threads that others keep busy", async () => {
  // libuv has four: a ninth would wait for five.
  let left = 8;
  const busy = new Promise<void>((resolve) => {
    for (let i = 0; i < 8; i++) pbkdf2("secret", "salt", 100_000, 64, "sha512", () => --left === 0 && resolve());
  });
  const outcomes = await store.commit(many);
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  expect(left).toBeGreaterThan(4);
  await busy;
});

it("has all that was committed when the file is opened again", async () => {
  await store.commit(many);
  await store.close();
  store = await openSqliteStore({ path });
  expect((await store.runs.list({}, 100, null)).items).toHaveLength(40);
  expect(await store.verify(t0)).toEqual([]);
});
