export const ADAPTERS = ['embedded', 'real'] as const;

/** The variables that are set, by their names. */
export type Given = Readonly<Record<string, unknown>>;

/** What is said by name, else `real` as soon as any variable of the family is set. */
export function chooseAdapter(
  named: (typeof ADAPTERS)[number] | undefined,
  family: RegExp,
  given: Given,
): (typeof ADAPTERS)[number] {
  return named ?? (Object.keys(given).some((name) => family.test(name)) ? 'real' : 'embedded');
}
