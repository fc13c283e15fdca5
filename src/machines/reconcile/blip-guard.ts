const VOID_LOOKS = 3;

/** Detects unreliable answers of LiveKit, in which too many recordings or meetings seem to have ended at once. */
export function createBlipGuard() {
  let voided = 0;
  return {
    /** Whether to discard a look because too many items seem gone: at most three looks in a row; the fourth counts. */
    isBlip(suspects: number, all: number): boolean {
      const isVoid = isMassSuspicion(suspects, all) && voided < VOID_LOOKS;
      voided = isVoid ? voided + 1 : 0;
      return isVoid;
    },
  };
}

/** Whether so many items seem gone at once, more than 5 and more than 10 %, that the answer is probably unreliable. */
export function isMassSuspicion(suspects: number, all: number): boolean {
  return suspects > Math.max(5, all * 0.1);
}
