import type { Clock } from '../../clock.js';
import { toError } from '../../errors.js';
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
  /** How far apart two looks must be to prove a death, milliseconds. */
  goneMs: number;
}

const SUSPECTS_A_PASS = 50;

export type RecordingKeeper = ReturnType<typeof createRecordingKeeper>;

/** Repairs what lost webhooks leave: recordings whose egress went on, ended or died without our knowing. */
export function createRecordingKeeper(options: RecordingKeeperOptions) {
  const { supervisor, store, livekit, clock, log, goneMs } = options;
  const blips = createBlipGuard();
  const suspicions = createTwiceSeen(clock);

  async function act({ recording, sight }: Look): Promise<void> {
    const { uid } = recording;
    const verdict = decide(recording, sight, clock.now());
    switch (verdict.kind) {
      case 'nothing':
        // A look that could not see the egress neither proves a death nor disproves it.
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
    // A snapshot holds whenever it arrives; what absence means holds only of the record that was looked at.
    const isSnapshot = event.type === 'egress.observed';
    try {
      const sent = await supervisor.send(uid, event, (stored) => isSnapshot || stored.tally.version === tally.version);
      // Void when the record was saved meanwhile: if that only tried an effect again, the next look acts on the same suspicion.
      if (isSnapshot || sent?.changed !== false) suspicions.forget(uid);
    } catch (error) {
      log.warn({ recording: uid, err: toError(error) }, 'left to the next pass');
    }
  }

  return {
    /**
     * Compare our unsettled recordings with what LiveKit lists.
     *
     * @returns how many look dead, and whether there were too many at once to be believed
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

    /** Look again at those that look dead. */
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
