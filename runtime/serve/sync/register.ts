import * as z from "zod";
import type { RuntimeApi } from "../runtime-api.js";
import type { Registration } from "./registration.js";

export interface Registered {
  readonly status: number;
  readonly message: string;
  readonly modified: boolean;
}

const answerSchema = z.object({
  status: z.number().int().min(100).max(599).optional(),
  error: z.string().optional(),
  message: z.string().optional(),
  modified: z.boolean().optional(),
});

/** Tells the runtime what there is to call. Never throws. @param serverKind what asked for it, so that no other one answers */
export async function register(
  api: RuntimeApi,
  registration: Registration,
  serverKind: string | null,
): Promise<Registered> {
  const { deployId } = registration;
  const path = `/fn/register${deployId === undefined ? "" : `?deployId=${encodeURIComponent(deployId)}`}`;
  try {
    const answer = await api.post(path, registration, {
      "x-inngest-sync-kind": "out_of_band",
      ...(serverKind !== null && { "x-inngest-expected-server-kind": serverKind }),
    });
    const said = answerSchema.safeParse(parse(answer.text)).data;
    if (answer.status >= 200 && answer.status < 300) {
      return { status: 200, message: "Successfully registered", modified: said?.modified ?? false };
    }
    const why = said?.error ?? said?.message ?? answer.text.slice(0, 500);
    return {
      status: 500,
      message: `Failed to register; the runtime answered ${answer.status}: ${why}`,
      modified: false,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { status: 500, message: `Failed to register; ${why}`, modified: false };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
