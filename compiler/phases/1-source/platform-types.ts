/** Where the program sees the declarations below; not a file. */
export const platformTypesPath = "/node_modules/.stepwright-types/platform.d.ts";

/**
 * The part of the platform whose values turn up in payloads and results. It stands in for the DOM's declarations and
 * `@types/node`, which together take longer to parse and bind than a thousand functions. What is missing here is `any`
 * for the compiler, and therefore unknown.
 */
export const platformTypesText = `
interface URL { href: string; origin: string; protocol: string; host: string; hostname: string; port: string; pathname: string; search: string; searchParams: URLSearchParams; hash: string; toString(): string; toJSON(): string }
declare var URL: { new (url: string | URL, base?: string | URL): URL; canParse(url: string): boolean; createObjectURL(value: any): string };
interface URLSearchParams { get(name: string): string | null; getAll(name: string): string[]; has(name: string): boolean; append(name: string, value: string): void; set(name: string, value: string): void; toString(): string }
declare var URLSearchParams: { new (init?: any): URLSearchParams };
interface Headers { get(name: string): string | null; has(name: string): boolean; set(name: string, value: string): void; append(name: string, value: string): void; forEach(callback: (value: string, key: string) => void): void }
declare var Headers: { new (init?: any): Headers };
interface Blob { readonly size: number; readonly type: string; text(): Promise<string>; arrayBuffer(): Promise<ArrayBuffer> }
declare var Blob: { new (parts?: any[], options?: any): Blob };
interface File extends Blob { readonly name: string }
interface FormData { get(name: string): File | string | null; append(name: string, value: any): void }
declare var FormData: { new (): FormData };
interface ReadableStream<R = any> { getReader(): any; cancel(): Promise<void>; pipeThrough(...args: any[]): any }
declare var ReadableStream: { new (source?: any): ReadableStream };
interface AbortSignal { readonly aborted: boolean; readonly reason: any; addEventListener(...args: any[]): void; throwIfAborted(): void }
declare var AbortSignal: { abort(): AbortSignal; timeout(ms: number): AbortSignal; any(signals: AbortSignal[]): AbortSignal };
interface AbortController { readonly signal: AbortSignal; abort(reason?: any): void }
declare var AbortController: { new (): AbortController };
interface Response { readonly ok: boolean; readonly status: number; readonly statusText: string; readonly url: string; readonly headers: Headers; readonly body: any; json(): Promise<any>; text(): Promise<string>; blob(): Promise<Blob>; arrayBuffer(): Promise<ArrayBuffer>; formData(): Promise<FormData>; clone(): Response }
declare var Response: { new (body?: any, init?: any): Response; json(data: any, init?: any): Response; redirect(url: string | URL, status?: number): Response };
interface Request { readonly method: string; readonly url: string; readonly headers: Headers; readonly body: any; json(): Promise<any>; text(): Promise<string>; blob(): Promise<Blob>; arrayBuffer(): Promise<ArrayBuffer>; formData(): Promise<FormData> }
declare var Request: { new (input: any, init?: any): Request };
declare function fetch(input: any, init?: any): Promise<Response>;
interface Buffer extends Uint8Array { toString(encoding?: string, start?: number, end?: number): string; toJSON(): { type: "Buffer"; data: number[] } }
declare var Buffer: { from(...args: any[]): Buffer; alloc(size: number): Buffer; concat(list: readonly Uint8Array[]): Buffer; isBuffer(value: any): boolean; byteLength(value: any): number };
declare var crypto: { randomUUID(): string; [name: string]: any };
declare var performance: { now(): number; [name: string]: any };
declare var process: { env: { [name: string]: string | undefined }; [name: string]: any };
declare var console: any;
declare var require: any;
declare var module: any;
declare function structuredClone<T>(value: T): T;
declare function setTimeout(...args: any[]): any;
declare function setInterval(...args: any[]): any;
declare function setImmediate(...args: any[]): any;
declare function clearTimeout(...args: any[]): any;
declare function clearInterval(...args: any[]): any;
declare function queueMicrotask(callback: () => void): void;
declare function btoa(text: string): string;
declare function atob(text: string): string;
declare var TextEncoder: { new (): { encode(text?: string): Uint8Array } };
declare var TextDecoder: { new (label?: string): { decode(data?: any): string } };
`;
