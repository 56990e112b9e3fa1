/** One handler under the names that a file of routes exports. */
export type RouteHandlers<Handler> = Handler & { readonly GET: Handler; readonly POST: Handler; readonly PUT: Handler };

export function createRouteHandlers<Handler extends object>(handler: Handler): RouteHandlers<Handler> {
  return Object.assign(handler, { GET: handler, POST: handler, PUT: handler });
}
