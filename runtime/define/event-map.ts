/**
 * Event names to what is declared for each: `{ "order/placed": { data: … } }`. Kept as written and looked up by name
 * (`Events[Name]`) where it is needed, so that hundreds of events cost nothing until one of them is used.
 */
export interface EventDeclaration {
  name?: string;
  data?: any;
  user?: any;
}

/** No events declared: every name is accepted and `data` is `any`. */
export interface AnyEvents {
  [name: string]: any;
}

/**
 * The names that are declared; any string where none is. A conditional type on purpose: the compiler remembers what it
 * gives for each `Events`, while it would list the keys anew at each `keyof Events`.
 */
export type EventName<Events> = string extends keyof Events ? string : keyof Events & string;

/**
 * What is declared under that name. Not `Events[Name]` after `Name extends keyof Events`: that would list the keys for
 * each mention of `Name`.
 */
export type DeclarationOf<Events, Name extends string> = Events extends { [N in Name]: infer Declared }
  ? Declared
  : never;

/** `data` of one declaration; `any` where none is declared. */
export type DataOf<Declared> = Declared extends { data: infer D } ? D : any;

/** `user` of one declaration, a field of SDK v3. */
export type UserOf<Declared> = Declared extends { user: infer U } ? U : any;

/** Later declarations replace earlier ones of the same name. */
export type MergeEvents<Earlier, Later> = [keyof Earlier] extends [never]
  ? Later
  : {
      [N in keyof Earlier | keyof Later]: N extends keyof Later
        ? Later[N]
        : N extends keyof Earlier
          ? Earlier[N]
          : never;
    };
