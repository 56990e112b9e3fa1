/**
 * Functions of applications whose workers dial out have no address. In place of one stands `connect:<application>`, with the
 * function as `fnId`.
 */
const scheme = "connect:";

/** `connect:shop?fnId=shop-order`. */
export function workerUrl(appId: string, fullId: string): string {
  return `${workerUrlOf(appId)}?fnId=${encodeURIComponent(fullId)}`;
}

/** `connect:shop`, which stands for all functions of it. */
export const workerUrlOf = (appId: string): string => `${scheme}${encodeURIComponent(appId)}`;

/** The application whose workers are meant; null: it is the address of a server. */
export function appOfWorkerUrl(url: URL): string | null {
  return url.protocol === scheme ? decodeURIComponent(url.pathname) : null;
}
