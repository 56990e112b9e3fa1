import { ambient } from "./ambient.js";
import { authorized } from "./authorized.js";
import type { Endpoint } from "./endpoint.js";
import { postWithRetries } from "./post.js";
import type { SendSignalResponse } from "./step-tools.js";

/** Sends a signal: in the runtime's own process directly, else over HTTP. */
export async function sendSignal(
  { signal, data, env }: { signal: string; data?: unknown; env?: string },
  endpoint: Endpoint,
): Promise<SendSignalResponse> {
  if (ambient.sendSignal) return { runId: await ambient.sendSignal(signal, data) };
  const body = JSON.stringify({ signal, data });
  const answer = await postWithRetries(
    `${endpoint.apiUrl}/v1/signals`,
    body,
    authorized(endpoint),
    env ?? endpoint.env,
    404,
  );
  const found = (answer as { data?: { run_id?: unknown } } | null)?.data?.run_id;
  return { runId: typeof found === "string" ? found : undefined };
}
