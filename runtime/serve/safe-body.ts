import { ServeError } from "./serve-error.js";

/** Also when it is written with an escape. */
const suspicious = /_proto_|\\u005f/i;

/** Parses what came from outside; keys named `__proto__` are left out. @throws ServeError `malformed-body` */
export function parseBody(text: string): unknown {
  try {
    return suspicious.test(text)
      ? JSON.parse(text, (key, value: unknown) => (key === "__proto__" ? undefined : value))
      : JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServeError("malformed-body", `the body is not JSON: ${reason}`, { cause });
  }
}

/** Reading ends where the limit is passed. @throws ServeError `body-too-large` */
export async function readBody(request: Request, limit: number): Promise<string> {
  const announced = Number(request.headers.get("content-length"));
  if (announced > limit) throw tooLarge(announced, limit);
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) break;
    size += next.value.byteLength;
    if (size > limit) {
      await reader?.cancel();
      throw tooLarge(size, limit);
    }
    parts.push(decoder.decode(next.value, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join("");
}

function tooLarge(size: number, limit: number): ServeError {
  return new ServeError("body-too-large", `the body has ${size} bytes or more, the limit is ${limit}`);
}
