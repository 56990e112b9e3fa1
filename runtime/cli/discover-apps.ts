/** Finds applications in development that nobody has named: on the usual ports of this machine, at the usual paths. */
import type { RemoteApps } from "../server/remote-apps.js";
import { keepInSync } from "./keep-in-sync.js";

/** Of Next.js, Remix and Express; Astro; Vite; Django's neighbours; Wrangler; RedwoodJS; Netlify. */
const usualPorts = [3000, 3001, 3002, 3003, 3004, 3005, 4321, 5000, 5173, 8000, 8080, 8787, 8888, 8910];
const usualPaths = [
  "/api/inngest",
  "/api/stepwright",
  "/x/inngest",
  "/.netlify/functions/inngest",
  "/.redwood/functions/inngest",
];
const everyMs = 5_000;
/** A program that takes longer to say what it is is not waited for, in ms. */
const probeMs = 1_000;

/** Looks now and every five seconds, and keeps in sync what it finds. `tell` gets a line for each. Gives the end of it. */
export function discoverApps(remotes: RemoteApps, tell: (line: string) => void): () => void {
  const found = new Map<string, () => void>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const taken = new Set([...found.keys(), ...remotes.all.map(({ url }) => url)].map(hostOf));
    for (const url of await findApps(usualPorts.filter((port) => !taken.has(`localhost:${port}`)))) {
      if (stopped) return;
      found.set(url, keepInSync(remotes, [url], tell));
    }
    if (!stopped) timer = setTimeout(() => void look(), everyMs);
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
    for (const stop of found.values()) stop();
  };
}

/** The URLs on the loopback at which an SDK answers. A port where nobody listens is asked once. */
export async function findApps(ports: readonly number[]): Promise<readonly string[]> {
  const found = await Promise.all(
    ports.map(async (port) => {
      for (const path of usualPaths) {
        const url = `http://localhost:${port}${path}`;
        const answer = await probe(url);
        if (answer === "served") return url;
        if (answer === "nobody") return null;
      }
      return null;
    }),
  );
  return found.filter((url) => url !== null);
}

/** Only reads: what listens there may be anything. */
async function probe(url: string): Promise<"served" | "something" | "nobody"> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(probeMs) });
    await response.body?.cancel();
    return response.headers.has("x-inngest-sdk") ? "served" : "something";
  } catch {
    return "nobody";
  }
}

function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  const host = /^(?:127\.0\.0\.1|\[::1\])$/.test(hostname) ? "localhost" : hostname;
  return `${host}:${port || (protocol === "https:" ? "443" : "80")}`;
}
