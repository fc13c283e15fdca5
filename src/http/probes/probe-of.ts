const PATHS = [
  ['health', /^\/health([/?]|$)/i],
  ['livez', /^\/livez\/?(\?|$)/i],
  ['readyz', /^\/readyz\/?(\?|$)/i],
] as const;

/**
 * The probe that a request asks for. `/health` includes every path below it.
 *
 * @param url path of a request, with or without its query
 */
export function probeOf(url: string): 'health' | 'livez' | 'readyz' | undefined {
  return PATHS.find(([, path]) => path.test(url))?.[0];
}
