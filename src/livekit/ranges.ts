// A value of LiveKit outside of these ranges would win over every later one, not fit a store or fill the memory.

export const NS_PER_MS = 1e6;
const DAY_MS = 86_400_000;
/** LiveKit is younger. */
const OLDEST_MS = Date.UTC(2000);
/** The longest text that is kept, UTF-16 units. */
const TEXT_MAX = 2_048;
/** The longest id that is kept, UTF-16 units. Our own ids are shorter, and a key of the embedded store has 1 978 bytes. */
const ID_MAX = 256;

/** Whether an instant in nanoseconds lies between the year 2000 and tomorrow. */
export function isDate(ns: bigint): boolean {
  const ms = Number(ns) / NS_PER_MS;
  return ms >= OLDEST_MS && ms <= Date.now() + DAY_MS;
}

/** A positive number that JavaScript can count exactly. */
export function toCount(value: bigint): number | undefined {
  return value > 0n && value <= Number.MAX_SAFE_INTEGER ? Number(value) : undefined;
}

export function toText(text: string): string | undefined {
  return text === '' ? undefined : text.slice(0, TEXT_MAX);
}

/** A cut id is no id of ours any more. */
export function toId(text: string): string {
  return text.slice(0, ID_MAX);
}
