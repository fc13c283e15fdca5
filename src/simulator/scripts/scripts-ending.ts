import { EgressStatus } from '@livekit/protocol';
import { complete, endingSteps, leaveRoom, startSteps, UPLOAD_MS } from './happy.js';
import type { Row } from './row.js';
import type { UploadVariant } from '../egress/outcome.js';

/** Time from ACTIVE to the fault. */
const UNTIL_TROUBLE_MS = 5000;

const LIMIT = { status: EgressStatus.EGRESS_LIMIT_REACHED, error: 'Session limit reached', errorCode: 413 };

/** A worker before 1.14 kills the recording instead of ending it. */
const CPU_KILL = { error: 'CPU exhausted: 4.2 cores used', errorCode: 403, details: 'End reason: Process killed' };
/** LiveKit refuses a late stop in less time than this. */
const AFTER_REFUSAL_MS = 3500;

/** Rows that change the course of an egress from ACTIVE on. */
export const ENDING_ROWS: Readonly<Record<string, Row>> = {
  'happy-room-end': () => ({}),
  'room-deleted-mid-recording': ({ delay }) => ({
    live: [{ afterMs: delay(UNTIL_TROUBLE_MS), run: (egress) => egress.deleteRoom() }],
  }),
  'room-recreated': ({ delay }) => ({ recreatedAfterMs: delay(1000) }),
  coalesced: () => ({ unpublished: ['EGRESS_ACTIVE', 'EGRESS_ENDING'] }),

  'stop-twice': ({ delay }) => ({ ending: endingSteps(complete, delay(UPLOAD_MS)) }),
  'stop-while-loading': ({ delay }) => ({
    start: startSteps({ joinAfterMs: 400 + delay(12_000), activeAfterMs: 800 + 2 * delay(12_000) }),
  }),
  'stop-lost': ({ times = 1 }) => ({ stop: (stops) => (stops <= times ? 'lost' : 'as-usual') }),
  'stop-answer-lost': ({ times = 1 }) => ({ stop: (stops) => (stops <= times ? 'answer-lost' : 'as-usual') }),
  'stop-race-ended': ({ delay, status }) => ({
    stop: (stops) => (stops === 1 ? 'already-over' : 'as-usual'),
    ...(status === 'after' && {
      webhooks: ({ event }) => [event === 'egress_ended' ? { afterMs: delay(AFTER_REFUSAL_MS) } : {}],
    }),
  }),
  'stuck-ending': () => ({ ending: endingSteps((egress) => egress.vanish(), 0) }),
  'slow-upload': ({ delay }) => ({ ending: endingSteps(complete, delay(120_000)) }),
  'pipeline-frozen': ({ delay }) => ({
    ending: endingSteps((egress) => egress.fail({ error: 'pipeline frozen', errorCode: 500 }), delay(30_000)),
  }),
  'upload-failed': ({ delay }) => ({
    ending: endingSteps(
      (egress) => egress.fail({ error: 'S3 upload failed: AccessDenied: Access Denied', errorCode: 400 }),
      delay(UPLOAD_MS),
    ),
  }),
  'complete-then-failed': ({ delay }) => ({
    ending: [
      ...endingSteps(complete),
      { afterMs: delay(1000), run: (egress) => egress.fail({ error: 'exit status 2', errorCode: 500 }) },
    ],
  }),
  'empty-or-missing-file': ({ status = 'empty' }) => ({
    ending: endingSteps((egress) => egress.complete({ upload: uploadFault(status) })),
  }),
  'backup-used': () => ({ ending: endingSteps((egress) => egress.complete({ upload: 'backup' })) }),

  'worker-crash': ({ delay }) => ({
    live: [
      { afterMs: delay(UNTIL_TROUBLE_MS), run: (egress) => egress.vanish() },
      // ICE times out after 15 s, and the server's cleanup takes another 5 s.
      { afterMs: 20_000, run: leaveRoom },
    ],
  }),
  'handler-crash': ({ delay }) => ({
    live: [
      {
        afterMs: delay(UNTIL_TROUBLE_MS),
        run: (egress) => egress.fail({ error: 'signal: killed', errorCode: 500, details: '' }),
      },
    ],
  }),
  'worker-shutdown': ({ delay }) => ({
    live: [{ afterMs: delay(UNTIL_TROUBLE_MS), run: (egress) => egress.end('Process killed', 'fault') }],
    ending: endingSteps((egress) =>
      egress.complete({
        status: EgressStatus.EGRESS_FAILED,
        error: 'server is shutting down',
        errorCode: 403,
        reason: 'Process killed',
      }),
    ),
  }),
  'cpu-stop': ({ delay, status }) => ({
    live: [
      {
        afterMs: delay(UNTIL_TROUBLE_MS),
        run: (egress) => (status === 'killed' ? egress.fail(CPU_KILL) : egress.end('CPU exhausted', 'fault')),
      },
    ],
  }),
  'source-closed-early': ({ delay }) => ({
    live: [{ afterMs: delay(UNTIL_TROUBLE_MS), run: (egress) => egress.end('Source closed', 'fault') }],
  }),
  'limit-reached': ({ delay }) => ({
    live: [
      { afterMs: delay(UNTIL_TROUBLE_MS), run: (egress) => egress.stopCapture('fault') },
      { afterMs: 0, run: leaveRoom },
      { afterMs: UPLOAD_MS, run: (egress) => egress.complete({ ...LIMIT, reason: 'Session limit reached' }) },
    ],
  }),
  'disk-full': ({ delay, status }) =>
    status === 'local'
      ? { ending: endingSteps((egress) => egress.complete({ upload: 'truncated' })) }
      : {
          live: [
            {
              afterMs: delay(UNTIL_TROUBLE_MS),
              run: (egress) => egress.fail({ error: 'Could not write to resource. No space left on device', errorCode: 500 }),
            },
          ],
        },

  'stale-list': ({ delay }) => ({ listedLateMs: delay(5000) }),
  'list-purged': ({ delay }) => ({ purgedAfterMs: delay(0) }),
  'stale-counts': ({ delay }) => ({ countsLateMs: delay(8000) }),
};

function uploadFault(variant: number | string): UploadVariant {
  return variant === 'missing' || variant === 'short' ? variant : 'empty';
}
