import type { Clock } from '../../clock.js';
import { levelOfRetried, toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import { passVoided } from '../../observability/events.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { RecordingEvent, Recordings } from '../recording/events.js';
import type { RecordingStore } from '../recording/recording-store.js';
import type { RecordingDocument } from '../recording/recording.js';
import { createBlipGuard } from './blip-guard.js';
import { decide, suspicionOf } from './decide.js';
import { type Listed, type Look, lookAt } from './look.js';
import { createTwiceSeen } from './twice-seen.js';

export interface RecordingKeeperOptions {
  supervisor: Pick<Recordings, 'send'>;
  store: Pick<RecordingStore, 'load'>;
  livekit: Pick<LiveKitGateway, 'listEgress' | 'findEgress' | 'listRooms' | 'listParticipants'>;
  clock: Clock;
  log: Log;
  /** Minimum time between two looks that prove a death, milliseconds. */
  goneMs: number;
}

const SUSPECTS_A_PASS = 50;

export type RecordingKeeper = ReturnType<typeof createRecordingKeeper>;

/** Repairs recordings whose egress progressed, ended or died while its webhooks were lost. */
export function createRecordingKeeper(options: RecordingKeeperOptions) {
  const { supervisor, store, livekit, clock, log, goneMs } = options;
  const blips = createBlipGuard();
  const suspicions = createTwiceSeen(clock);

  async function act({ recording, sight }: Look): Promise<void> {
    const { uid } = recording;
    const verdict = decide(recording, sight, clock.now());
    switch (verdict.kind) {
      case 'nothing':
        // If the egress could not be read, the look neither proves nor disproves a death.
        if (sight.egress !== 'unknown') suspicions.forget(uid);
        return;
      case 'suspect':
        if (suspicions.see(uid, verdict.mark, goneMs)) await send(recording, verdict.event);
        return;
      case 'event':
        await send(recording, verdict.event);
    }
  }

  async function send(recording: RecordingDocument, event: RecordingEvent): Promise<void> {
    const { uid, tally } = recording;
    // A snapshot is valid at any time; a conclusion from absence is valid only for the version that was looked at.
    const isSnapshot = event.type === 'egress.observed';
    try {
      const sent = await supervisor.send(uid, event, (stored) => isSnapshot || stored.tally.version === tally.version);
      // If the recording was saved meanwhile, nothing was sent: the suspicion stays, and the next look may act on it.
      if (isSnapshot || sent?.changed !== false) suspicions.forget(uid);
    } catch (error) {
      log[levelOfRetried(error)]({ recording: uid, err: toError(error) }, 'left to the next pass');
    }
  }

  return {
    /**
     * Compare our unsettled recordings with what LiveKit lists.
     *
     * @returns the number of recordings that seem dead, and whether the look was discarded because they were too many
     */
    async see(unsettled: RecordingDocument[], listed: Listed): Promise<{ suspects: number; void: boolean }> {
      suspicions.keep(new Set(unsettled.map(({ uid }) => uid)));
      const looks = await lookAt(options, unsettled, listed);
      const suspects = looks.filter(({ recording, sight }) => suspicionOf(recording, sight) !== undefined);
      const isVoid = blips.isBlip(suspects.length, unsettled.length);
      if (isVoid) passVoided(log, { suspects: suspects.length, live: unsettled.length });
      const left = new Set(isVoid ? suspects : suspects.slice(SUSPECTS_A_PASS));
      await Promise.all(looks.filter((look) => !left.has(look)).map(act));
      return { suspects: suspects.length, void: isVoid };
    },

    /** Look again at the recordings that seem dead. */
    async recheck(): Promise<void> {
      const recordings: RecordingDocument[] = [];
      for (const uid of suspicions.keys()) {
        const recording = await store.load(uid);
        if (recording === undefined) suspicions.forget(uid);
        else recordings.push(recording);
      }
      if (recordings.length === 0) return;
      const rooms = await livekit.listRooms([...new Set(recordings.map(({ roomId }) => roomId))]);
      await Promise.all((await lookAt(options, recordings, { active: [], rooms })).map(act));
    },
  };
}
