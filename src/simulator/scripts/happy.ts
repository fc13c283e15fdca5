import type { Script, Step } from './script.js';

/** Times of a normal recording, measured in a small deployment with one idle worker. */
export interface HappyTimes {
  acceptAfterMs: number;
  answerAfterMs: number;
  joinAfterMs: number;
  activeAfterMs: number;
}

export const HAPPY_TIMES: HappyTimes = { acceptAfterMs: 400, answerAfterMs: 800, joinAfterMs: 2500, activeAfterMs: 5000 };

/** Time from the first picture in the browser to a running pipeline. */
const PIPELINE_MS = 500;
export const UPLOAD_MS = 2000;

export const accept: Step['run'] = (egress) => egress.accept();
export const joinRoom: Step['run'] = (egress) => egress.joinRoom();
export const leaveRoom: Step['run'] = (egress) => egress.leaveRoom();
export const complete: Step['run'] = (egress) => egress.complete();

/** Accept, join the room, become ACTIVE once a participant publishes. All times count from the request. */
export function startSteps(changes: Partial<HappyTimes> = {}): Step[] {
  const { acceptAfterMs, joinAfterMs, activeAfterMs } = { ...HAPPY_TIMES, ...changes };
  const joinMs = Math.min(joinAfterMs, activeAfterMs / 2);
  return [
    { afterMs: acceptAfterMs, run: accept },
    { afterMs: Math.max(0, joinMs - acceptAfterMs), run: joinRoom },
    { afterMs: Math.max(0, activeAfterMs - joinMs - PIPELINE_MS), run: (egress) => egress.mediaArrives() },
    { afterMs: Math.min(PIPELINE_MS, activeAfterMs - joinMs), run: (egress) => egress.activate() },
  ];
}

/** The browser leaves, and `afterMs` later `outcome` runs. */
export function endingSteps(outcome: Step['run'], afterMs: number = UPLOAD_MS): Step[] {
  return [
    { afterMs: 0, run: leaveRoom },
    { afterMs, run: outcome },
  ];
}

/** Defaults for all members that a script leaves out. */
export const HAPPY = {
  name: 'happy',
  answer: { afterMs: HAPPY_TIMES.answerAfterMs },
  start: startSteps(),
  ending: endingSteps(complete),
} satisfies Script as Script & Required<Pick<Script, 'answer' | 'start' | 'ending'>>;
