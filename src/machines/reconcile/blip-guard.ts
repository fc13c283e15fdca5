const VOID_LOOKS = 3;

/** Tells a bad observation from many ends. */
export function createBlipGuard() {
  let voided = 0;
  return {
    /** Whether to throw a look away because too many seem gone at once: three looks in a row at most; the fourth is believed. */
    isBlip(suspects: number, all: number): boolean {
      const isVoid = isMassSuspicion(suspects, all) && voided < VOID_LOOKS;
      voided = isVoid ? voided + 1 : 0;
      return isVoid;
    },
  };
}

/** More suspects at once than this is a bad observation rather than that many ends. */
export function isMassSuspicion(suspects: number, all: number): boolean {
  return suspects > Math.max(5, all * 0.1);
}
