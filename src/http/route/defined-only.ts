export type DefinedOnly<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** @returns a copy without the members that are undefined */
export function definedOnly<T extends object>(members: T): DefinedOnly<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as DefinedOnly<T>;
}
