import { queryKeys } from "../../define/protocol-names.js";
import type { Settings } from "../settings.js";

/** The URL that the runtime has to call: the one of this request, where the options do not say otherwise. */
export function endpointUrl(requestUrl: string, { serveOrigin, servePath }: Settings): URL {
  let url = new URL(requestUrl);
  for (const name of Object.values(queryKeys)) url.searchParams.delete(name);
  if (servePath !== null) url.pathname = servePath;
  if (serveOrigin !== null) {
    url = new URL(url.pathname + url.search, /:\/\//.test(serveOrigin) ? serveOrigin : `https://${serveOrigin}`);
  }
  return url;
}
