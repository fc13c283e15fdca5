import { NotYet } from '../../kernel/definition.js';
import type { RecordingEvent } from '../events.js';
import { RESCUE_FOR_MS, rescueWaitMs } from '../machine/definition.js';
import type { RecordingContext } from '../recording.js';
import type { RecordingEffectPorts, RecordingEffectRun } from './handler.js';
import { inspectFile } from './media-file.js';

export async function fileEvent({ media, clock }: RecordingEffectPorts, recording: RecordingContext): Promise<RecordingEvent> {
  const verdict = await inspectFile(media, recording.mediaKey, recording.size);
  const from = { at: clock.now(), source: 'media' };
  return verdict.complete ? { type: 'media.found', size: verdict.size, ...from } : { type: 'media.absent', ...from };
}

/** Looks for the file with growing pauses for a day, because an upload may end long after LiveKit's last report. */
export async function fileInTime(
  ports: RecordingEffectPorts,
  { document, attempt }: RecordingEffectRun,
): Promise<RecordingEvent> {
  const { clock } = ports;
  const event = await fileEvent(ports, document);
  const since = document.settledAt ?? clock.now();
  if (event.type === 'media.absent' && clock.now() < since + RESCUE_FOR_MS) {
    throw new NotYet(rescueWaitMs(attempt), 'no complete file yet');
  }
  return event;
}

/** Removes the file once or, with `again`, repeatedly for a day, because the egress may still deliver it. */
export async function removeFile(
  { media, clock }: RecordingEffectPorts,
  { document, effect, attempt }: RecordingEffectRun,
): Promise<undefined> {
  await media.remove(String(effect.params.mediaKey));
  const since = document.deletedAt ?? document.settledAt ?? clock.now();
  if (effect.params.again === true && clock.now() < since + RESCUE_FOR_MS) {
    throw new NotYet(rescueWaitMs(attempt), 'the egress may still deliver a file');
  }
  return undefined;
}
