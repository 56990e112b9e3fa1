import { ambient } from "./ambient.js";
import { authorized } from "./authorized.js";
import type { Endpoint } from "./endpoint.js";
import { StepwrightError } from "./errors.js";
import { postWithRetries } from "./post.js";
import { preparePublication, type Publication, readMessage } from "./publication.js";

/** In the runtime's own process directly, else over HTTP. `runId`: of the run that publishes, if any. */
export async function publish(publication: Publication, runId: string | undefined, endpoint: Endpoint): Promise<void> {
  if (ambient.publish) return ambient.publish(publication, runId);
  const { channel, topic, data } = publication;
  const query = new URLSearchParams({ channel, topic, ...(runId !== undefined && { run_id: runId }) });
  await postWithRetries(`${endpoint.apiUrl}/v1/realtime/publish?${query}`, data, authorized(endpoint), endpoint.env);
}

/** `client.realtime.publish`. @throws StepwrightError `invalid-message`, `message-too-large`, `send-failed`, `send-refused` */
export async function publishMessage(args: readonly unknown[], endpoint: Endpoint): Promise<void> {
  // SDK v3's topics give a promise.
  const { place, data } = readMessage([await args[0], ...args.slice(1)]);
  const prepared = await preparePublication(place, data);
  if (!prepared.ok) throw new StepwrightError(prepared.code, prepared.detail);
  await publish(prepared.value, ambient.currentContext?.()?.execution?.ctx.runId, endpoint);
}
