import { StepUseError } from "../../transport/step-errors.js";
import type { RecordedResponse, StepRequest } from "../../transport/request-op.js";

type Fields = Readonly<Record<string, unknown>>;

/** A request that the runtime shall make. */
export async function describeRequest(request: StepRequest): Promise<Fields> {
  const { url, method, headers, redirect } = request;
  const body = await request.body;
  return {
    url,
    method,
    headers: Object.fromEntries(headers),
    ...(typeof body === "string" && { body }),
    ...(body instanceof Uint8Array && { body: readText(body, url) }),
    ...(redirect !== "follow" && { redirect }),
  };
}

/** The protocol has only text. @throws StepUseError `invalid-step-options` */
function readText(body: Uint8Array, url: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    const { host } = new URL(url);
    throw new StepUseError(
      "invalid-step-options",
      `the body of the request to ${host} is not text`,
      "encode it as base64",
    );
  }
}

/** The headers in which a provider's key stands; the runtime sets them from `auth_key`. */
const keyHeaders = new Set(["authorization", "x-api-key"]);

/** A call of a model that the runtime shall make. */
export function describeInference({ url, headers, body, model }: StepRequest): Fields {
  const authKey = model?.authKey ?? "";
  const kept = headers.filter(([name]) => authKey === "" || !keyHeaders.has(name));
  return {
    type: "step.ai.infer",
    url,
    headers: Object.fromEntries(kept),
    auth_key: authKey,
    ...(model && { format: model.format }),
    body: typeof body === "string" ? (JSON.parse(body) as unknown) : null,
  };
}

/** What the runtime recorded of a request, in the form that the step tools read. */
export function readGatewayResult(data: unknown, url: string): RecordedResponse {
  const given = typeof data === "object" && data !== null ? (data as Fields) : {};
  // A runtime of ours records the response as it is.
  if (typeof given["status"] === "number" && Array.isArray(given["headers"])) return data as RecordedResponse;
  const status = given["status_code"];
  const body = given["body"];
  const code = typeof status === "number" && status >= 200 && status <= 599 ? status : 200;
  const bodiless = body === undefined || body === null || code === 204 || code === 205 || code === 304;
  return {
    url,
    status: code,
    statusText: "",
    headers: readHeaders(given["headers"]),
    body: bodiless ? null : typeof body === "string" ? body : JSON.stringify(body),
    encoding: "utf8",
  };
}

/** They describe the body as it was on the wire. */
const dropped = new Set(["content-encoding", "content-length", "transfer-encoding"]);

function readHeaders(headers: unknown): [string, string][] {
  if (typeof headers !== "object" || headers === null) return [];
  return Object.entries(headers)
    .filter(([name]) => !dropped.has(name.toLowerCase()))
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((each): [string, string] => [name, String(each)]),
    );
}
