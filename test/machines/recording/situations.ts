import type { StateValue } from '../../../src/machines/kernel/document.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import { ACCEPTED, buildDocument, buildEvent, buildTombstone, nanos, NOON, observed } from './build.js';

type Seen = 'STARTING' | 'ACTIVE' | 'ENDING' | 'FAILED' | 'ABORTED' | 'COMPLETE';
const saw = (status: Seen): Partial<RecordingContext> => ({
  ...ACCEPTED,
  startDate: NOON,
  observation: {
    status,
    updatedAt: nanos({ STARTING: 0, ACTIVE: 5, ENDING: 60, FAILED: 62, ABORTED: 62, COMPLETE: 62 }[status]),
  },
});
const armed = { deadline: { at: NOON + 30_000, generation: 2 }, deadlineCount: 2 };
const settled = { settledAt: NOON + 62_000, liveKey: 'a1b2c3d4e5' };
const inside = (parent: string, child: string): StateValue => ({ [parent]: child });

/** A document for every state in which a recording can rest. */
export const SITUATIONS: Readonly<Record<string, RecordingDocument>> = {
  requesting: buildDocument(inside('starting', 'requesting'), armed),
  awaiting: buildDocument(inside('starting', 'awaiting'), { ...saw('STARTING'), ...armed }),
  confirming: buildDocument(inside('starting', 'confirming'), { ...saw('STARTING'), ...armed }),
  cancelling: buildDocument(inside('starting', 'cancelling'), {
    ...saw('STARTING'),
    ...armed,
    startFailed: true,
    cancelReason: 'deadline',
  }),
  'cancelling, unnamed': buildDocument(inside('starting', 'cancelling'), { ...armed, startFailed: true, cancelReason: 'stop' }),
  active: buildDocument('active', { ...saw('ACTIVE'), wasActive: true }),
  ending: buildDocument(inside('stopping', 'ending'), { ...saw('ACTIVE'), ...armed, wasActive: true, stopReason: 'request' }),
  lost: buildDocument(inside('stopping', 'lost'), {
    ...saw('ACTIVE'),
    wasActive: true,
    liveKey: 'a1b2c3d4e5',
    error: 'Recording lost',
  }),
  complete: buildDocument('complete', { ...saw('COMPLETE'), ...settled, wasActive: true }),
  'failed.rescuable': buildDocument(inside('failed', 'rescuable'), { ...saw('ACTIVE'), ...settled, wasActive: true }),
  'failed.discarded': buildDocument(inside('failed', 'discarded'), { ...saw('STARTING'), ...settled, startFailed: true }),
  'aborted.rescuable': buildDocument(inside('aborted', 'rescuable'), { ...saw('ABORTED'), ...settled, wasActive: true }),
  'aborted.discarded': buildDocument(inside('aborted', 'discarded'), { ...saw('ABORTED'), ...settled, startFailed: true }),
  deleted: buildTombstone(),
};

/** One event of every type, in each variant that the chart distinguishes. */
export const EVENTS: Readonly<Record<string, RecordingEvent>> = {
  'observed STARTING': observed('STARTING'),
  'observed ACTIVE': observed('ACTIVE'),
  'observed ACTIVE news': observed('ACTIVE', { updatedAt: nanos(9), details: 'CPU is short' }),
  'observed ENDING': observed('ENDING'),
  'observed COMPLETE': observed('COMPLETE'),
  'observed LIMIT_REACHED': observed('LIMIT_REACHED'),
  'observed FAILED': observed('FAILED'),
  'observed ABORTED': observed('ABORTED'),
  'observed another': observed('COMPLETE', {
    egressId: 'EG_2',
    requestedPath: 'recordings/planning-0123456789abcde--ffffffffff.mp4',
  }),
  'start.refused': buildEvent({ type: 'start.refused', reason: { kind: 'refused', message: 'no' } }),
  'start.unknown': buildEvent({ type: 'start.unknown', cancel: false, message: 'time-out' }),
  'start.unknown cancel': buildEvent({ type: 'start.unknown', cancel: true, message: 'handler failed to start' }),
  stop: buildEvent({ type: 'stop', reason: 'request' }),
  'stop stale': buildEvent({ type: 'stop', reason: 'stale' }),
  'deadline.passed': buildEvent({ type: 'deadline.passed', generation: 2 }),
  'deadline.passed stale': buildEvent({ type: 'deadline.passed', generation: 1 }),
  'egress.missing': buildEvent({ type: 'egress.missing', cause: 'gone' }),
  'recorder.gone': buildEvent({ type: 'recorder.gone' }),
  'media.found': buildEvent({ type: 'media.found', size: 868 }),
  'media.absent': buildEvent({ type: 'media.absent' }),
  'room.finished': buildEvent({ type: 'room.finished', roomSid: 'RM_1' }),
  'room.finished another': buildEvent({ type: 'room.finished', roomSid: 'RM_2' }),
  delete: buildEvent({ type: 'delete' }),
};
