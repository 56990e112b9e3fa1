import type { Application } from "../codegen/application.js";
import type { Store } from "../store/store.js";

/**
 * Notes in the store what runs on it, so that a later deployment can be compared with it (`stepwright diff <database>`). An
 * application that was not built has nothing to compare. @throws StoreError
 */
export async function keepManifest(store: Store, { manifest, appId }: Application, now = Date.now()): Promise<void> {
  if (manifest.hash === "") return;
  const text = JSON.stringify({ ...manifest, app: { ...manifest.app, id: appId } });
  const record = { hash: manifest.hash, manifest: text, startedAt: now };
  await store.commit([{ guards: [], writes: [{ kind: "manifest", manifest: record }] }]);
}
