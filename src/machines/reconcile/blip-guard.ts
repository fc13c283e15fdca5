/** Tells a bad observation from many ends. */
export interface BlipGuard {
  /**
   * Whether a look that makes this many of all seem gone is to be thrown away. That is done three times at most, then it is
   * believed.
   */
  isBlip(suspects: number, all: number): boolean;
}

const VOID_LOOKS = 3;

export function createBlipGuard(): BlipGuard {
  let voided = 0;
  return {
    isBlip(suspects, all) {
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
