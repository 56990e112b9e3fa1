/** Signing keys, by which a runtime and an application know each other. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "./canonical-json.js";

/** A signature counts for so long before and after the time that it bears. */
const validForMs = 5 * 60 * 1_000;

const prefix = /^signkey-\w+-/;

/** `t=<seconds>&s=<HMAC-SHA256, hex>` over the text and the time. The key's digits are the key, as they are written. */
export function sign(text: string, key: string, nowMs: number): string {
  const time = String(Math.round(nowMs / 1_000));
  return `t=${time}&s=${macOf(text, key, time)}`;
}

/** The form of a signing key in which it is shown to the other side: a hash of its bytes under the same prefix. */
export function hashSigningKey(key: string): string {
  const kept = prefix.exec(key)?.[0] ?? "";
  return (
    kept +
    createHash("sha256")
      .update(Buffer.from(key.slice(kept.length), "hex"))
      .digest("hex")
  );
}

/** Without the prefix, so much of the hash as tells keys apart. */
export function shortKeyHash(key: string): string {
  return hashSigningKey(key).replace(prefix, "").slice(0, 12);
}

export interface SignedText {
  readonly header: string | null;
  /** The body as it came. */
  readonly text: string;
  readonly nowMs: number;
}

/** `wrong`: by none of the keys. */
export type Signer = { readonly key: string } | { readonly refused: "missing" | "malformed" | "expired" | "wrong" };

/** The key by which the text is signed: the first one that fits. Compared in constant time. */
export function findSigner({ header, text, nowMs }: SignedText, keys: readonly string[]): Signer {
  if (!header) return { refused: "missing" };
  const given = new URLSearchParams(header);
  const time = given.get("t") ?? "";
  const mac = given.get("s") ?? "";
  if (!/^\d{1,15}$/.test(time) || !/^[0-9a-f]{64}$/i.test(mac)) return { refused: "malformed" };
  if (Math.abs(nowMs - Number(time) * 1_000) > validForMs) return { refused: "expired" };
  const texts = formsOf(text);
  for (const key of keys) for (const each of texts) if (equal(macOf(each, key, time), mac)) return { key };
  return { refused: "wrong" };
}

/** As it came, and in canonical form: a peer signs one or the other. */
function formsOf(text: string): readonly string[] {
  try {
    const canonical = canonicalJson(JSON.parse(text));
    return canonical === text ? [text] : [canonical, text];
  } catch {
    return [text];
  }
}

/** Whether an `Authorization` header shows one of the keys, as its hash or as it is. Compared in constant time. */
export function showsKey(header: string | undefined, keys: readonly string[]): boolean {
  const shown = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
  if (shown === undefined) return false;
  // The prefix names an environment and is no secret; some SDKs leave it out.
  const given = digest(shown.replace(prefix, ""));
  // The realtime package of SDK v3 shows the key itself.
  const forms = keys.flatMap((key) => [hashSigningKey(key), key]);
  return forms.some((form) => timingSafeEqual(given, digest(form.replace(prefix, ""))));
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

function macOf(text: string, key: string, time: string): string {
  return createHmac("sha256", key.replace(prefix, "")).update(text).update(time).digest("hex");
}

function equal(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(left, "hex"), Buffer.from(right, "hex"));
}
