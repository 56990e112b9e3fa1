import { hashSigningKey } from "../protocol/signing-key.js";
import { sdkName } from "./sync/registration.js";
import type { Settings } from "./settings.js";

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** Requests to the runtime, with the signing key's hash; when that is refused, once more with the fallback's. */
export class RuntimeApi {
  readonly #settings: Settings;

  constructor(
    settings: Settings,
    readonly framework: string,
  ) {
    this.#settings = settings;
  }

  get(path: string): Promise<ApiAnswer> {
    return readText(this.#request(path, { method: "GET" }, {}));
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<ApiAnswer> {
    return readText(this.#request(path, { method: "POST", body: JSON.stringify(body), redirect: "follow" }, headers));
  }

  /** A message of Protocol Buffers; the answer is one, too, where its status is 200. */
  postMessage(path: string, message: Uint8Array, signal?: AbortSignal): Promise<Response> {
    const body = new Uint8Array(message);
    return this.#request(
      path,
      { method: "POST", body, signal: signal ?? null },
      { "content-type": "application/protobuf" },
    );
  }

  async #request(path: string, init: RequestInit, headers: Readonly<Record<string, string>>): Promise<Response> {
    const { endpoint, signingKeys, platform } = this.#settings;
    const common = {
      "content-type": "application/json",
      "user-agent": sdkName,
      "x-inngest-sdk": sdkName,
      "x-inngest-req-version": "2",
      "x-inngest-framework": this.framework,
      ...(endpoint.env !== undefined && { "x-inngest-env": endpoint.env }),
      ...(platform !== null && { "x-inngest-platform": platform }),
      ...headers,
    };
    const keys = signingKeys.length === 0 ? [null] : signingKeys;
    for (const [index, key] of keys.entries()) {
      const authorization: Record<string, string> =
        key === null ? {} : { authorization: `Bearer ${hashSigningKey(key)}` };
      const response = await endpoint.fetch(endpoint.apiUrl + path, {
        ...init,
        headers: { ...common, ...authorization },
      });
      const refused = response.status === 401 || response.status === 403;
      if (refused && index < keys.length - 1) {
        await response.body?.cancel();
        continue;
      }
      return response;
    }
    throw new Error("internal error: no request was made");
  }
}

async function readText(asked: Promise<Response>): Promise<ApiAnswer> {
  const response = await asked;
  return { status: response.status, text: await response.text() };
}
