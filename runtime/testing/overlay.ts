/**
 * The same object, but for the members in `own`. A member that the object gets later comes along, so the kit need not know all of an
 * interface of the engine to stand before one method of it.
 */
export function overlay<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const value: unknown = Reflect.get(object, name, object);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}
