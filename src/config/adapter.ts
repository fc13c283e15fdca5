export const ADAPTERS = ['embedded', 'real'] as const;

/** The variables that are set, keyed by name. */
export type Given = Readonly<Record<string, unknown>>;

/** @returns `named` when the user chose an adapter, else `real` as soon as any variable of the family is set */
export function chooseAdapter(
  named: (typeof ADAPTERS)[number] | undefined,
  family: RegExp,
  given: Given,
): (typeof ADAPTERS)[number] {
  return named ?? (Object.keys(given).some((name) => family.test(name)) ? 'real' : 'embedded');
}
