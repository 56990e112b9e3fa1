import { findSigner, type SignedText } from "../protocol/signing-key.js";
import { ServeError } from "./serve-error.js";

/**
 * The key by which the request is signed: the first one that fits.
 *
 * @throws ServeError `missing-signature`, `invalid-signature`, `expired-signature`
 */
export function verify(signed: SignedText, keys: readonly string[]): string {
  const signer = findSigner(signed, keys);
  if ("key" in signer) return signer.key;
  switch (signer.refused) {
    case "missing":
      throw new ServeError("missing-signature", "the request has no signature");
    case "malformed":
      throw new ServeError("invalid-signature", "the signature is not of the form `t=…&s=…`");
    case "expired":
      throw new ServeError("expired-signature", "the signature is older than five minutes, or from the future");
    case "wrong":
      throw new ServeError("invalid-signature", "the signature does not fit the body");
  }
}
