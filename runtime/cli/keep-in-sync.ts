import type { RemoteApps } from "../server/remote-apps.js";

/** How often an application is asked for its functions: a deployment is noticed, and one that was down is found. */
const everyMs = 5_000;

/** Syncs the applications at these URLs now and again and again. `tell` gets a line when something has changed. Gives the end of it. */
export function keepInSync(remotes: RemoteApps, urls: readonly string[], tell: (line: string) => void): () => void {
  let stopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const follow = async (url: string, before: string): Promise<void> => {
    let said = before;
    try {
      const result = await remotes.sync(url);
      if (result?.modified) tell(`synced ${result.appId}: ${result.functionCount} functions at ${url}`);
      said = "";
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
      // One that stays away is told once.
      if (said !== before) tell(`not synced: ${said}`);
    }
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void follow(url, said);
    }, everyMs);
    timers.add(timer);
  };
  for (const url of urls) void follow(url, "");
  return () => {
    stopped = true;
    for (const timer of timers) clearTimeout(timer);
  };
}
