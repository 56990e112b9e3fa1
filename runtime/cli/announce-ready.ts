import type { OpenRuntime } from "./open-runtime.js";

/** The line that says that events are accepted from now on. */
export function announceReady({ url, appId, functionCount, storeDescription }: OpenRuntime): string {
  const functions = functionCount === 1 ? "1 function" : `${functionCount} functions`;
  return `stepwright is ready at ${url} (${appId}, ${functions}, ${storeDescription})\n`;
}
