import sodium from "libsodium-wrappers";
import { decryptWithAny, type EncryptionService, readKeys } from "./encryption-service.js";

/**
 * XSalsa20-Poly1305 with a random nonce before the cipher text, base64; keys are hashed to their length. The format of
 * @inngest/middleware-encryption.
 */
export class LibSodiumEncryptionService implements EncryptionService {
  readonly identifier = "inngest/libsodium";
  readonly #keys: Promise<Uint8Array[]>;

  /** The first key encrypts, all decrypt. @throws Error when there is none */
  constructor(key: string | readonly (string | undefined)[]) {
    const keys = readKeys(typeof key === "string" ? [key] : key);
    this.#keys = sodium.ready.then(() =>
      keys.map((each) => sodium.crypto_generichash(sodium.crypto_secretbox_KEYBYTES, each, null)),
    );
  }

  async encrypt(value: unknown): Promise<string> {
    const [key] = await this.#keys;
    const nonce = sodium.randombytes_buf(sodium.crypto_secretbox_NONCEBYTES);
    const sealed = sodium.crypto_secretbox_easy(sodium.from_string(JSON.stringify(value)), nonce, key!);
    return Buffer.concat([nonce, sealed]).toString("base64");
  }

  async decrypt(value: string): Promise<unknown> {
    const keys = await this.#keys;
    const bytes = Buffer.from(value, "base64");
    const nonce = bytes.subarray(0, sodium.crypto_secretbox_NONCEBYTES);
    const sealed = bytes.subarray(sodium.crypto_secretbox_NONCEBYTES);
    return decryptWithAny(keys, (key) =>
      JSON.parse(sodium.to_string(sodium.crypto_secretbox_open_easy(sealed, nonce, key))),
    );
  }
}
