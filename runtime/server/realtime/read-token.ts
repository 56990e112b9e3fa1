import type { IncomingHttpHeaders } from "node:http";

/** In the URL, since browsers' WebSockets and EventSources send no headers; or as a bearer. Empty where there is none. */
export function readToken(parameter: string | null | undefined, { authorization }: IncomingHttpHeaders): string {
  return parameter || /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] || "";
}
