import { NotYet } from '../../kernel/definition.js';
import type { RecordingEvent } from '../events.js';
import { RESCUE_FOR_MS, rescueWaitMs } from '../machine/definition.js';
import { type RecordingContext, type RecordingDocument, topStateOf } from '../recording.js';
import type { RecordingEffectPorts, RecordingEffectRun } from './handler.js';
import { inspectFile } from './media-file.js';

/** Time that a delivered file may need to show, milliseconds: folders on other machines lag a little. */
const SHOWS_AFTER_MS = 60_000;

export async function fileEvent({ media, clock }: RecordingEffectPorts, recording: RecordingContext): Promise<RecordingEvent> {
  const verdict = await inspectFile(media, recording.mediaKey, recording.size);
  const from = { at: clock.now(), source: 'media' };
  return verdict.complete ? { type: 'media.found', size: verdict.size, ...from } : { type: 'media.absent', ...from };
}

/** Looks for the file with growing pauses for a day, because an upload may end long after LiveKit's last report. */
export async function fileInTime(ports: RecordingEffectPorts, { document }: RecordingEffectRun): Promise<RecordingEvent> {
  const event = await fileEvent(ports, document);
  if (event.type === 'media.found') {
    ports.files.settled(document.uid);
    return event;
  }
  const ageMs = event.at - (document.settledAt ?? event.at);
  if (ageMs >= SHOWS_AFTER_MS) await reportUndelivered(ports, document);
  if (ageMs < RESCUE_FOR_MS) throw new NotYet(rescueWaitMs(ageMs), 'no complete file yet');
  return event;
}

/** Removes the file once or, with `again`, repeatedly for a day, because the egress may still deliver it. */
export async function removeFile(
  { media, files, clock }: RecordingEffectPorts,
  { document, effect }: RecordingEffectRun,
): Promise<undefined> {
  await media.remove(String(effect.params.mediaKey));
  files.settled(document.uid);
  const ageMs = clock.now() - (document.deletedAt ?? document.settledAt ?? clock.now());
  if (effect.params.again === true && ageMs < RESCUE_FOR_MS) {
    throw new NotYet(rescueWaitMs(ageMs), 'the egress may still deliver a file');
  }
  return undefined;
}

/** An egress that LiveKit reported complete, with a size, has delivered its file somewhere. */
async function reportUndelivered({ media, files }: RecordingEffectPorts, recording: RecordingDocument): Promise<void> {
  const { mediaKey, size = 0 } = recording;
  if (topStateOf(recording) !== 'complete' || size === 0 || (await media.stat(mediaKey)) !== undefined) return;
  files.undelivered(recording, { tally: media.pathOf(mediaKey), egress: media.egressPath(mediaKey) });
}
