import { EgressStatus } from '@livekit/protocol';
import type { SimulatorClock } from '../clock.js';
import { setFile } from '../egress/egress.js';
import type { EgressRun } from '../worker/egress-run.js';
import type { StopVerdict } from '../scripts/script.js';
import { AnswerLostError } from '../wire/reply.js';
import { internalError, TwirpError } from '../wire/twirp-error.js';
import { toWireJson } from '../wire/wire-json.js';

/** The server asks three times, for a second each, for the handler of the egress. */
const NO_HANDLER_MS = 3000;
/** The server asks for 3 + 5 + 7 seconds while the handler does not run yet. */
const LOADING_LIMIT_MS = 15_000;

/**
 * Answer StopEgress, depending on the state of the egress.
 *
 * @param find the stored egress of an id; undefined when the id is unknown or purged
 */
export function createStop(
  clock: SimulatorClock,
  find: (egressId: string) => EgressRun | undefined,
): (egressId: string) => Promise<string> {
  return async (egressId) => {
    const run = find(egressId);
    if (!run) return refuseLate(() => internalError('not_found', 'egress does not exist'));
    switch (verdictOn(run)) {
      case 'lost':
        return refuseLate(() => internalError('deadline_exceeded', 'request timed out'));
      case 'answer-lost':
        await stop(run);
        throw new AnswerLostError();
      case 'already-over':
        run.stopCapture('fault');
        await run.complete({ reason: 'Source closed' });
        return refuseLate(() => cannotBeStopped(run));
      case 'as-usual':
        return stop(run);
    }
  };

  async function stop(run: EgressRun): Promise<string> {
    const { status } = run;
    if (run.handler === 'gone') {
      const zombie = status === EgressStatus.EGRESS_STARTING || status === EgressStatus.EGRESS_ACTIVE;
      return refuseLate(() => (zombie ? internalError('deadline_exceeded', 'request timed out') : cannotBeStopped(run)));
    }
    if (status === EgressStatus.EGRESS_STARTING) return stopBeforeMedia(run);
    if (status === EgressStatus.EGRESS_ACTIVE) run.end('StopEgress API', 'stop');
    return endingAnswer(run);
  }

  /** The stop is executed once the browser is up, even if the caller has given up by then. */
  async function stopBeforeMedia(run: EgressRun): Promise<string> {
    const stopped = run.ready().then(() => {
      // The egress may have become ACTIVE or failed in the meantime.
      if (run.status !== EgressStatus.EGRESS_STARTING) return stop(run);
      run.abort('StopEgress API', 'stop');
      return abortedAnswer(run);
    });
    const gaveUp = clock.delay(LOADING_LIMIT_MS).then(() => {
      throw internalError('deadline_exceeded', 'request timed out');
    });
    stopped.catch(() => undefined);
    gaveUp.catch(() => undefined);
    return Promise.race([stopped, gaveUp]);
  }

  async function refuseLate(error: () => TwirpError): Promise<never> {
    await clock.delay(NO_HANDLER_MS);
    throw error();
  }
}

/** The script's verdict counts only before the egress ends. */
function verdictOn(run: EgressRun): StopVerdict {
  if (run.handler === 'gone' || run.status >= EgressStatus.EGRESS_ENDING) return 'as-usual';
  run.stops += 1;
  const verdict = run.facet('stop')?.(run.stops) ?? 'as-usual';
  return verdict === 'already-over' && run.status === EgressStatus.EGRESS_STARTING ? 'as-usual' : verdict;
}

function cannotBeStopped(run: EgressRun): TwirpError {
  return new TwirpError('failed_precondition', `egress with status ${EgressStatus[run.status]} cannot be stopped`);
}

/** The handler's own view: its file already has times, which the ENDING update does not contain yet. */
function endingAnswer(run: EgressRun): string {
  const info = run.egress.info.clone();
  const file = run.timedFile();
  if (file) setFile(info, file);
  return toWireJson(info);
}

function abortedAnswer(run: EgressRun): string {
  const info = run.egress.info.clone();
  info.error = 'Stop called before pipeline could start';
  return toWireJson(info);
}
