/** Encrypts values to text and back. The two sides of a wire have to use the same one. */
export interface EncryptionService {
  /** Names the method; stored with every value. */
  readonly identifier: string;
  /** `value` is what JSON can express. */
  encrypt(value: unknown): string | Promise<string>;
  /** @throws when no key fits */
  decrypt(value: string): unknown;
}

/** @throws Error when there is none */
export function readKeys(keys: readonly (string | undefined)[]): [string, ...string[]] {
  const [first, ...rest] = keys.map((key) => key?.trim()).filter((key): key is string => Boolean(key));
  if (first === undefined) throw new Error("encryption needs a key: `encryptionMiddleware({ key: process.env.KEY })`");
  return [first, ...rest];
}

/** Tries each key in turn. */
export function decryptWithAny<K>(keys: readonly K[], decrypt: (key: K) => unknown): unknown {
  let failure: unknown;
  for (const key of keys) {
    try {
      return decrypt(key);
    } catch (error) {
      failure = error;
    }
  }
  const help = "add the key that it was encrypted with to `fallbackDecryptionKeys`";
  throw new Error(`no key decrypts this value: ${help}`, { cause: failure });
}
