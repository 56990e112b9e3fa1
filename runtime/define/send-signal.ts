import type { Endpoint } from "./endpoint.js";
import { postWithRetries } from "./post.js";
import type { SendSignalResponse } from "./step-tools.js";

/** Sends a signal over HTTP. */
export async function sendSignal(
  { signal, data, env }: { signal: string; data?: unknown; env?: string },
  endpoint: Endpoint,
): Promise<SendSignalResponse> {
  const body = JSON.stringify({ signal, data });
  const answer = await postWithRetries(`${endpoint.apiUrl}/v1/signals`, body, endpoint, env ?? endpoint.env);
  const { run_id, runId } = (answer as { data?: Record<string, unknown> } | null)?.data ?? (answer as any) ?? {};
  const found = run_id ?? runId;
  return { runId: typeof found === "string" ? found : undefined };
}
