import type { StartOutcome } from '../../src/machines/ports/egress-gateway.js';
import type { Verdict } from '../../src/machines/reconcile/decide.js';
import { createTwiceSeen } from '../../src/machines/reconcile/twice-seen.js';
import { type Change, createDocuments, type Documents, type Known, StepViolation } from './documents.js';
import { AGE_MS, type Attempt, createEffects, dated, type Done } from './effects.js';
import * as lk from './livekit.js';
import { type Rules, Violation, wantsItsEnd } from './rules.js';
import { copyOf, type Doubt, DOUBTS, type Side, type World } from './world.js';

/** One event that can happen next in a world. Without faults, the edge with the smallest `urgency` happens first. */
export interface Edge {
  label: string;
  world: World;
  urgency: number;
  /** Whether the edge uses up a fault of a budget. */
  isFault: boolean;
  /** The invariant that the step itself breaks; absent when it breaks none. */
  violation?: string;
}

/** One attempt at an effect whose result is not saved yet. */
interface Run {
  key: string;
  /** Whether the document still has this effect pending, so that settling the run removes it. */
  matches: boolean;
  /** Whether the run holds a valid lease, so that no other instance attempts the effect. */
  occupies: boolean;
  /** The number of the resulting event, 0 for none, FLYING while LiveKit has not answered. */
  event: number;
}

const FLYING = -1;
const SIDES = [0, 1] as const;
const NAMES = ['A', 'B'] as const;
type SideIndex = 0 | 1;
type Fault = 'crashes' | 'network' | 'livekit';

export interface Model {
  documents: Documents;
  /** Lists everything that can happen next in a world, with faults as far as its budgets allow. */
  edges(world: World): Promise<Edge[]>;
  known(side: Side): Known | undefined;
}

const GONE_MS = 20_000;

/**
 * Creates a model of Tally in an unreliable world: Tally's own machine, effects and rules run against a modelled LiveKit, network
 * and process, which fail as far as the budgets of a world allow.
 *
 * The model uses Tally's own code for the machine (step and compose), the effect handlers, and the rules of start, death and
 * reconcile. It imitates the code for strays, for the right to start, and for leasing, settling and taking over effects. It leaves
 * out notices and the extension of the lock (they are checked where a step names them), instants (`time`, `doubt` and the edges
 * of deadlines replace them), adopted egresses of an unknown uid, and other rooms.
 *
 * Time is bounded where Tally's time limits bound it: a call is answered before 35 s, an attempt ends before the next deadline
 * or the second look, and an egress notices the end of its room between two looks.
 */

export function createModel(rules: Rules): Model {
  const documents = createDocuments(rules.definition);
  const attemptEffect = createEffects(documents);
  const runs: Run[] = [];
  const runNumbers = new Map<string, number>();
  const numberOf = new Map<Run, number>();

  const observations = new Map<number, number>();
  const verdicts = new Map<string, { doubt: Doubt; event: number; told: string }>();

  const known = (side: Side) => (side.doc === 0 ? undefined : documents.of(side.doc));

  function runNumber(run: Run): number {
    const same = numberOf.get(run);
    if (same !== undefined) return same;
    const key = `${run.key}|${String(run.matches)}|${String(run.occupies)}|${run.event}`;
    const found = runNumbers.get(key);
    if (found !== undefined) return found;
    runs.push(run);
    runNumbers.set(key, runs.length);
    numberOf.set(run, runs.length);
    return runs.length;
  }
  function runOf(number: number): Run {
    const run = runs[number - 1];
    if (run === undefined) throw new Error(`no run ${number}`);
    return run;
  }
  const setRuns = (side: Side, list: Run[]) => {
    side.runs = list.map(runNumber).sort((a, b) => a - b);
  };
  const runsOf = (side: Side) => side.runs.map(runOf);

  /** Puts a changed document into a side, and adapts its running attempts and its doubt from looks at the older document. */
  function apply(side: Side, change: Change): void {
    side.doc = change.id;
    if (change.changed) side.doubt = 0;
    if (side.runs.length === 0) return;
    const owed = documents.of(change.id).effects;
    setRuns(
      side,
      runsOf(side)
        .map((run) => (isStale(run, change) ? { ...run, event: staleDeadline } : run))
        .map((run) =>
          run.matches && (change.named.includes(run.key) || !owed.some(({ key }) => key === run.key))
            ? { ...run, matches: false, occupies: false }
            : run,
        ),
    );
  }

  /** The event deadline.passed: generation 1 is the current deadline, generation 0 stands for any older one. */
  const passed = (generation: number) => documents.event(dated({ type: 'deadline.passed', generation, at: 0, source: '' }));
  const wishes = {
    stop: documents.event(dated({ type: 'stop', reason: 'request', at: 0, source: '' })),
    delete: documents.event(dated({ type: 'delete', at: 0, source: '' })),
  };
  const roomFinished = documents.event(dated({ type: 'room.finished', roomSid: 'RM_1', at: 0, source: '' }));
  const currentDeadline = passed(1);
  const staleDeadline = passed(0);
  const isStale = (run: Run, change: Change) => change.rearmed && run.event === currentDeadline;

  async function edges(world: World): Promise<Edge[]> {
    const found: Edge[] = [];
    const add = (urgency: number, label: string, change: (next: World) => void, fault?: Fault) => {
      if (fault !== undefined && world[fault] === 0) return;
      const next = copyOf(world);
      if (fault !== undefined) next[fault] -= 1;
      const edge = {
        label: fault === undefined ? label : `${label} (fault: ${fault})`,
        world: next,
        urgency,
        isFault: fault !== undefined,
      };
      try {
        change(next);
      } catch (error) {
        if (!(error instanceof Violation || error instanceof StepViolation)) throw error;
        found.push({ ...edge, violation: error.message });
        return;
      }
      tidy(next);
      found.push(edge);
    };
    for (const index of SIDES) {
      const side = world.sides[index];
      const at = known(side);
      if (at !== undefined) {
        settles(index, side, add);
        await attempts(world, index, side, at, add);
        looks(world, index, side, at, add);
        deadlines(index, side, at, add);
        clients(world, index, side, add);
        strays(index, side, at, add);
      }
      await calls(world, index, side, add);
      webhooks(index, side, add);
      livekit(world, index, side, add);
    }
    room(world, add);
    crashes(world, add);
    return found;
  }

  type Add = (urgency: number, label: string, change: (next: World) => void, fault?: Fault) => void;

  /** Resets everything that no longer matters, so that worlds which differ only in it become equal. */
  function tidy(world: World): void {
    const isAlone = world.seconds === 0 && world.sides[1].doc === 0;
    for (const index of SIDES) {
      const side = world.sides[index];
      if (side.doc === 0) continue;
      absorb(index, side);
      const owned = documents.of(side.doc);
      // Without a second start the time of the release does not matter, so the lock is released as soon as the effect is pending.
      if (isAlone && owned.effects.some(({ name }) => name === 'releaseRoomLock')) {
        settle(side, { key: 'releaseRoomLock', matches: true, occupies: true, event: 0 });
        if (world.lock === index + 1) world.lock = 0;
      }
      forgetTime(side, documents.of(side.doc));
    }
  }

  /** Takes in events that change nothing. They would change nothing later either, because knowledge only grows. */
  function absorb(index: SideIndex, side: Side): void {
    for (;;) {
      const hook = side.hooks[0];
      if (hook === undefined || documents.step(side.doc, observation(index, side, hook)).changed) break;
      side.hooks.shift();
    }
    for (const run of runsOf(side)) {
      if (run.event === FLYING || documents.step(side.doc, run.event).changed) continue;
      const rest = runsOf(side);
      rest.splice(
        rest.findIndex((each) => runNumber(each) === runNumber(run)),
        1,
      );
      setRuns(side, rest);
      settle(side, run);
    }
  }

  function forgetTime(side: Side, at: Known): void {
    const owes = (name: string) => at.effects.some((effect) => effect.name === name);
    const isCalled = side.calls > 0 || at.document.egressId !== undefined;
    if (!owes('startEgress') || isCalled) side.fresh = false;
    if (isCalled && side.time === 0) side.time = 1;
    const isSought = (owes('startEgress') || owes('findEgress')) && at.document.egressId === undefined;
    if (!side.calling && !side.late && !isSought && side.time > 0) side.time = 1;
    if (!at.state.startsWith('starting') && !side.calling && !side.late && !isSought) side.time = 1;
    if (!isStray(side, at)) side.stray = false;
    if (!at.unsettled) side.doubt = 0;
  }

  /** Changes the egress; LiveKit sends a webhook when its status changes. */
  function move(side: Side, egress: lk.Egress): void {
    if (lk.statusOf(egress) !== lk.statusOf(side.egress)) side.hooks.push(lk.statusOf(egress));
    side.egress = egress;
  }

  function observation(index: SideIndex, side: Side, status: number): number {
    const second = lk.has(side.egress, lk.SECOND_ROOM);
    const key = status | (index << 3) | (second ? 16 : 0);
    const found =
      observations.get(key) ??
      documents.event(dated({ type: 'egress.observed', egress: lk.snapshot(index, status, second), at: 0, source: '' }));
    observations.set(key, found);
    return found;
  }

  function take(side: Side, event: number): void {
    apply(side, documents.step(side.doc, event));
  }

  // --- the instance ---

  function settles(index: SideIndex, side: Side, add: Add): void {
    for (const number of new Set(side.runs)) {
      const run = runOf(number);
      if (run.event === FLYING) continue;
      const told = run.event === 0 ? '' : `: ${said(documents.eventOf(run.event))}`;
      add(0, `${NAMES[index]} the result of ${run.key} is saved${told}`, (next) => {
        const target = next.sides[index];
        const rest = runsOf(target);
        rest.splice(
          rest.findIndex((each) => runNumber(each) === number),
          1,
        );
        setRuns(target, rest);
        settle(target, run);
      });
      if (run.occupies) lapse(index, number, run, add);
    }
  }

  function settle(side: Side, run: Run): void {
    const settled = run.matches ? run.key : undefined;
    if (run.event !== 0) apply(side, documents.step(side.doc, run.event, settled));
    else if (settled !== undefined)
      apply(side, { id: documents.without(side.doc, settled), named: [], changed: false, rearmed: false });
  }

  /** Adds the fault that an instance pauses until its lease expires, so that another instance takes the effect over. */
  function lapse(index: SideIndex, number: number, run: Run, add: Add): void {
    add(
      9,
      `${NAMES[index]} the lease of ${run.key} runs out under its process`,
      (next) => {
        const side = next.sides[index];
        side.fresh = false;
        setRuns(
          side,
          side.runs.map((each) => (each === number ? { ...run, occupies: false } : runOf(each))),
        );
      },
      'crashes',
    );
  }

  async function attempts(world: World, index: SideIndex, side: Side, at: Known, add: Add): Promise<void> {
    for (const effect of at.effects) {
      if (runsOf(side).some((run) => run.key === effect.key && run.matches && run.occupies)) continue;
      if (effect.name === 'startEgress' && duty(side, at) === 'call') {
        callOut(index, add);
        continue;
      }
      for (const [variant, fault] of variantsOf(effect.name, side)) {
        if (fault !== undefined && world[fault] === 0) continue;
        const { egress, fresh, time } = side;
        const attempt: Attempt = { side: index, doc: side.doc, effect, egress, variant, fresh, time };
        const done = attemptEffect(attempt);
        attempted(index, side, effect.key, variant, 'then' in done ? await done : done, add, fault);
      }
    }
  }

  function attempted(index: SideIndex, side: Side, key: string, variant: string, done: Done, add: Add, fault?: Fault): void {
    if (done.again && done.egress === side.egress) return;
    add(
      3,
      `${NAMES[index]} ${key} runs${variant === 'plain' ? '' : `, ${variant}`}`,
      (next) => {
        const target = next.sides[index];
        checkStop(next, index, side.egress, done.egress);
        move(target, done.egress);
        if (done.released && next.lock === index + 1) next.lock = 0;
        // An effect without an event only leaves the outbox. A crash before that would repeat an effect that may run twice.
        if (!done.again && done.event === 0) settle(target, { key, matches: true, occupies: true, event: 0 });
        else if (!done.again) setRuns(target, [...runsOf(target), { key, matches: true, occupies: true, event: done.event }]);
      },
      fault,
    );
  }

  function duty(side: Side, at: Known) {
    const instance = side.fresh ? 'one' : 'two';
    return rules.startDuty(at.document, { instance, fresh: side.fresh, ageMs: AGE_MS[side.time] });
  }

  function callOut(index: SideIndex, add: Add): void {
    add(3, `${NAMES[index]} StartEgress is called`, (next) => {
      const side = next.sides[index];
      side.calling = true;
      side.calls += 1;
      setRuns(side, [...runsOf(side), { key: 'startEgress', matches: true, occupies: true, event: FLYING }]);
    });
    add(
      9,
      `${NAMES[index]} the claimant is paused just before its call`,
      (next) => {
        const side = next.sides[index];
        side.late = true;
        side.fresh = false;
        setRuns(side, [...runsOf(side), { key: 'startEgress', matches: true, occupies: false, event: FLYING }]);
      },
      'crashes',
    );
  }

  type Variant = [Attempt['variant'], Fault | undefined];

  function variantsOf(name: string, { egress }: Side): Variant[] {
    const plain: Variant = ['plain', undefined];
    if (name === 'confirmStart') return [plain, ['cut', 'network']];
    if (name !== 'stopEgress' && name !== 'confirmDeath') return [plain];
    if (!lk.isRunning(egress)) return [plain];
    const starting = lk.statusOf(egress) === lk.STARTING;
    // A worker that does not answer while Chrome loads obeys the stop later. A recording worker may miss a stop altogether.
    return [plain, ['unanswered', 'network'], [starting ? 'loading' : 'deaf', 'livekit']];
  }

  /** Whether a result waits to be saved. An attempt takes less than 20 s, unless its instance is paused. */
  const awaitsAnswer = (side: Side) => runsOf(side).some((run) => run.event !== FLYING && (run.occupies || !run.matches));

  function looks(world: World, index: SideIndex, side: Side, at: Known, add: Add): void {
    if (!at.unsettled) return;
    // After a flush, a look misses the recorder until the room is back in LiveKit's store, which counts as a wrong look.
    const isWrong = world.roomFlushed && lk.has(side.egress, lk.LISTED) && lk.isRunning(side.egress);
    look(world, index, side, at, 'true', add, isWrong ? 'network' : undefined);
    if (at.document.egressId !== undefined) {
      look(world, index, side, at, 'empty', add, 'network');
      look(world, index, side, at, 'no recorder', add, 'network');
    }
    // An egress notices the end of its room within a second, so two looks cannot fall in between. Two looks also cannot fall into
    // the time in which a flushed store lacks the room, where a healthy egress looks like a dead one.
    const isLeaving =
      lk.has(side.egress, lk.ALIVE) && statusIn(side.egress, lk.STARTING, lk.ACTIVE) && !isOpenFor(world, side.egress);
    if ((side.doubt === 1 || side.doubt === 3) && !isLeaving && !world.roomFlushed && !awaitsAnswer(side)) {
      add(6, `${NAMES[index]} 20 s pass after the look`, (next) => {
        next.sides[index].doubt = (side.doubt + 1) as Doubt;
      });
    }
  }

  type Sight = Parameters<typeof rules.decide>[1];
  type Suspected = Extract<Verdict, { kind: 'suspect' }>;
  type Light = 'true' | 'empty' | 'no recorder';

  function sightOf(isOpen: boolean, index: SideIndex, { egress }: Side, at: Known, light: Light): Sight {
    if (light === 'empty') return { egress: 'absent', recorder: 'absent', room: 'absent' };
    const listed = lk.has(egress, lk.LISTED);
    const shown = () => lk.snapshot(index, lk.statusOf(egress), lk.has(egress, lk.SECOND_ROOM));
    const isThere = light === 'true' && isOpen && lk.has(egress, lk.ALIVE) && lk.statusOf(egress) === lk.ACTIVE;
    const unnamed = listed && !lk.isOver(egress) ? shown() : 'unknown';
    return {
      egress: at.document.egressId === undefined ? unnamed : listed ? shown() : 'absent',
      recorder: isThere ? 'present' : 'absent',
      room: isOpen ? 'listed' : 'absent',
    };
  }

  /** Applies the rule of the reconciler to a look, and caches the result. */
  function verdictOf(isOpen: boolean, index: SideIndex, side: Side, at: Known, light: Light) {
    const key = `${side.doc}|${side.egress}|${side.doubt}|${light}|${String(isOpen)}`;
    const found = verdicts.get(key);
    if (found !== undefined) return found;
    const verdict = rules.decide(at.document, sightOf(isOpen, index, side, at, light), GONE_MS);
    const isProven = verdict.kind === 'suspect' && isSeenTwice(verdict, side.doubt);
    const event = verdict.kind === 'event' || isProven ? verdict.event : undefined;
    const doubt: Doubt = verdict.kind === 'suspect' && !isProven ? doubtOf(verdict.suspicion, side.doubt) : 0;
    const told = event === undefined ? (DOUBTS[doubt] ?? '') : said(event);
    const result = { doubt, event: event === undefined ? 0 : documents.event(dated(event)), told };
    verdicts.set(key, result);
    return result;
  }

  /** Whether this look confirms the suspicion of an earlier look. */
  function isSeenTwice({ suspicion, mark }: Suspected, doubt: Doubt): boolean {
    const [earlier, age] = DOUBTS[doubt]?.split(' ') ?? [];
    let atMs = 0;
    const looks = createTwiceSeen({ monotonic: () => atMs });
    if (earlier !== 'none') looks.see('it', earlier === suspicion ? mark : 'another suspicion', GONE_MS);
    if (age === 'old') atMs = GONE_MS;
    return looks.see('it', mark, GONE_MS);
  }

  function look(world: World, index: SideIndex, side: Side, at: Known, light: Light, add: Add, fault?: Fault): void {
    if (fault !== undefined && world[fault] === 0) return;
    const isOpen = world.room !== 1 && !world.roomFlushed;
    const { doubt, event, told } = verdictOf(isOpen, index, side, at, light);
    if (doubt === side.doubt && (event === 0 || !documents.step(side.doc, event).changed)) return;
    const how = light === 'true' ? 'looks' : light === 'empty' ? 'sees empty lists' : 'misses the recorder';
    add(
      6,
      `${NAMES[index]} reconcile ${how}: ${told}`,
      (next) => {
        next.sides[index].doubt = doubt;
        if (event !== 0) take(next.sides[index], event);
      },
      fault,
    );
  }

  function doubtOf(suspicion: Suspected['suspicion'], before: Doubt): Doubt {
    const fresh = suspicion === 'recorder_gone' ? 1 : 3;
    return before === fresh || before === fresh + 1 ? before : fresh;
  }

  function deadlines(index: SideIndex, side: Side, at: Known, add: Add): void {
    const { deadline, endingSince } = at.document;
    if (deadline === undefined) return;
    const isStart = at.state === 'starting.requesting' || at.state === 'starting.awaiting';
    if (isStart && side.time === 0) return;
    if (!isStart && at.state !== 'starting.confirming' && awaitsAnswer(side)) return;
    if (!documents.step(side.doc, currentDeadline).changed) return;
    // After ENDING the deadline is ten minutes away, so it passes during the upload only when the upload is very slow.
    const slow = endingSince !== undefined && lk.has(side.egress, lk.ALIVE);
    add(
      8,
      `${NAMES[index]} the deadline of ${at.state} passes`,
      (next) => {
        take(next.sides[index], currentDeadline);
      },
      slow ? 'livekit' : undefined,
    );
  }

  function clients(world: World, index: SideIndex, side: Side, add: Add): void {
    const want = (what: 'stop' | 'delete') => {
      const event = wishes[what];
      if (!documents.step(side.doc, event).changed) return;
      add(20, `${NAMES[index]} a client asks to ${what}`, (next) => {
        if (what === 'stop') next.stops -= 1;
        else next.deletes -= 1;
        take(next.sides[index], event);
      });
      if (rules.commitsFirst || what !== 'stop') return;
      add(
        20,
        `${NAMES[index]} a client asks to stop: StopEgress runs, the process dies before it saves`,
        (next) => {
          const target = next.sides[index];
          const stopped = lk.stop(index, target.egress, 'plain').egress;
          checkStop(next, index, target.egress, stopped);
          move(target, stopped);
          die(next);
        },
        'crashes',
      );
    };
    if (world.stops > 0) want('stop');
    if (world.deletes > 0) want('delete');
  }

  // --- LiveKit and the network ---

  async function calls(world: World, index: SideIndex, side: Side, add: Add): Promise<void> {
    const at = known(side);
    if (side.late && side.calls === 0) {
      add(1, `${NAMES[index]} the paused process calls StartEgress`, (next) => {
        next.sides[index].calling = true;
        next.sides[index].calls += 1;
      });
    }
    if (!side.calling) {
      if (at !== undefined && matters(side, at)) passTime(index, side, add);
      return;
    }
    if (side.time === 0) passTime(index, side, add);
    const second = world.room === 2 ? lk.SECOND_ROOM : 0;
    const accepted = lk.become(second, lk.STARTING);
    const failed = lk.become(second, lk.FAILED);
    const taken: StartOutcome = { kind: 'accepted', egress: lk.snapshot(index, lk.STARTING, second !== 0) };
    const no = (kind: 'no_capacity' | 'handler_failed' | 'unknown'): StartOutcome => ({ kind, message: 'no' });
    const refused: StartOutcome = { kind: 'refused', code: 'livekit', message: 'no' };
    const answer = (urgency: number, what: string, egress: lk.Egress, outcome: StartOutcome, fault?: Fault) =>
      answerCall(index, side, urgency, what, egress, outcome, add, fault);
    if (world.room === 1) {
      await answer(1, 'finds no room', side.egress, refused);
      return;
    }
    await answer(1, 'is accepted', accepted, taken);
    await answer(9, 'is refused', side.egress, refused, 'livekit');
    await answer(9, 'finds no worker', side.egress, no('no_capacity'), 'livekit');
    await answer(9, 'fails in the handler, which goes on', accepted, no('handler_failed'), 'livekit');
    await answer(9, 'fails in the handler', failed, no('handler_failed'), 'livekit');
    await answer(9, 'is accepted and never begins to record', accepted | lk.STUCK, taken, 'livekit');
    await answer(9, 'is accepted, the answer is lost', accepted, no('unknown'), 'network');
    await answer(9, 'is lost', side.egress, no('unknown'), 'network');
  }

  async function answerCall(
    index: SideIndex,
    side: Side,
    urgency: number,
    what: string,
    egress: lk.Egress,
    outcome: StartOutcome,
    add: Add,
    fault?: Fault,
  ): Promise<void> {
    const waiting = runsOf(side).find((run) => run.event === FLYING);
    const at = known(side);
    const effect = {
      key: 'startEgress',
      name: 'startEgress',
      params: {},
      since: 1,
      attempts: 0,
      notBefore: 0,
      leaseUntil: 0,
      leasedBy: 'one',
    };
    const attempt: Attempt = { side: index, doc: side.doc, effect, egress, variant: 'plain', fresh: true, time: 0, outcome };
    const done = at === undefined || waiting === undefined ? undefined : await attemptEffect(attempt);
    add(
      urgency,
      `${NAMES[index]} StartEgress ${what}`,
      (next) => {
        const target = next.sides[index];
        target.calling = false;
        move(target, egress);
        if (done === undefined || waiting === undefined) return;
        const run: Run = { ...waiting, event: done.event };
        setRuns(
          target,
          runsOf(target).map((each) => (each.event === FLYING ? run : each)),
        );
      },
      fault,
    );
  }

  function matters(side: Side, { document, effects }: Known): boolean {
    if (side.time === 0) return true;
    if (awaitsAnswer(side)) return false;
    return (
      side.time === 1 &&
      document.egressId === undefined &&
      effects.some(({ name }) => name === 'startEgress' || name === 'findEgress')
    );
  }

  /** Adds the passing of time. LiveKit answers a call before 35 s have passed; only a paused instance calls later. */
  function passTime(index: SideIndex, side: Side, add: Add): void {
    const label = side.time === 0 ? '2 s pass after the claim' : '35 s pass after the claim';
    add(5, `${NAMES[index]} ${label}`, (next) => {
      next.sides[index].time = (side.time + 1) as 1 | 2;
    });
  }

  function webhooks(index: SideIndex, side: Side, add: Add): void {
    const deliver = (urgency: number, position: number, what: string, keeps: boolean, fault?: Fault) => {
      const status = side.hooks[position];
      if (status === undefined) return;
      add(
        urgency,
        `${NAMES[index]} webhook ${lk.nameOf(status)} ${what}`,
        (next) => {
          const target = next.sides[index];
          if (!keeps) target.hooks.splice(position, 1);
          if (what !== 'is lost' && target.doc !== 0) take(target, observation(index, target, status));
        },
        fault,
      );
    };
    deliver(2, 0, 'arrives', false);
    deliver(9, 0, 'is lost', false, 'network');
    deliver(9, 0, 'arrives and will again', true, 'network');
    deliver(9, 1, 'arrives too early', false, 'network');
  }

  function livekit(world: World, index: SideIndex, side: Side, add: Add): void {
    const { egress } = side;
    const status = lk.statusOf(egress);
    if (status === 0) return;
    const becomes = (urgency: number, what: string, to: number, fault?: Fault) =>
      add(
        urgency,
        `${NAMES[index]} egress ${what}`,
        (next) => {
          move(next.sides[index], lk.become(egress, to));
        },
        fault,
      );
    if (lk.has(egress, lk.ALIVE)) {
      const open = isOpenFor(world, egress);
      if (lk.has(egress, lk.STOP_PENDING)) becomes(4, 'obeys the stop: ABORTED', lk.ABORTED);
      else if (status === lk.STARTING && open && !lk.has(egress, lk.STUCK)) becomes(4, 'records: ACTIVE', lk.ACTIVE);
      if (status === lk.STARTING && !open) becomes(4, 'ends with the room: ABORTED', lk.ABORTED);
      if (status === lk.ACTIVE && !open) becomes(4, 'ends with the room: ENDING', lk.ENDING);
      if (status === lk.ENDING) becomes(4, 'has delivered: COMPLETE', lk.COMPLETE);
      if (status === lk.ACTIVE) becomes(9, 'loses its source: ENDING', lk.ENDING, 'livekit');
      becomes(9, 'breaks: FAILED', lk.FAILED, 'livekit');
      add(
        9,
        `${NAMES[index]} egress worker dies`,
        (next) => {
          next.sides[index].egress = egress & ~lk.ALIVE;
        },
        'livekit',
      );
    }
    if (lk.has(egress, lk.LISTED) && !lk.isOver(egress)) {
      add(
        9,
        `${NAMES[index]} LiveKit's store is emptied`,
        (next) => {
          next.roomFlushed = true;
          for (const each of next.sides) if (each.egress !== 0) each.egress = (each.egress & ~lk.LISTED) | lk.UNINDEXED;
        },
        'livekit',
      );
    }
  }

  function room(world: World, add: Add): void {
    const [first, second] = world.sides;
    if (world.room === 0 && world.leaves > 0) {
      add(21, 'everybody leaves: the room is over', (next) => {
        next.leaves -= 1;
        next.room = 1;
        next.roomHook = true;
        next.roomFlushed = false;
      });
    }
    if (world.roomFlushed)
      add(4, 'the room is back in LiveKit’s store', (next) => {
        next.roomFlushed = false;
      });
    if (world.roomHook) {
      add(2, 'webhook room_finished arrives', (next) => {
        next.roomHook = false;
        for (const side of next.sides) if (known(side)?.live === true) take(side, roomFinished);
      });
      add(
        9,
        'webhook room_finished is lost',
        (next) => {
          next.roomHook = false;
        },
        'network',
      );
    }
    secondStart(world, first, second, add);
  }

  function secondStart(world: World, first: Side, second: Side, add: Add): void {
    if (world.lock === 2 && second.doc === 0)
      add(5, 'the lock of a start that died expires', (next) => {
        next.lock = 0;
      });
    if (world.seconds === 0 || second.doc !== 0) return;
    const one = known(first);
    // A start replaces the lock of a settled recording. In the end the unique index on live recordings decides.
    if (one?.live === true || world.lock === 2 || (world.lock === 1 && one?.settled !== true && one?.deleted !== true)) return;
    const begin = (next: World) => {
      next.seconds = 0;
      next.lock = 2;
      if (next.room === 1) next.room = 2;
    };
    add(20, 'B a client starts a recording', (next) => {
      begin(next);
      next.sides[1].doc = documents.begin(1);
    });
    add(
      9,
      'B a start takes the lock and its process dies',
      (next) => {
        begin(next);
        die(next);
      },
      'crashes',
    );
    if (rules.commitsFirst) return;
    add(
      9,
      'B a client starts a recording: StartEgress is called, the process dies before it saves',
      (next) => {
        begin(next);
        next.sides[1].calling = true;
        next.sides[1].calls = 1;
        die(next);
      },
      'crashes',
    );
  }

  function crashes(world: World, add: Add): void {
    if (world.sides.some((side) => side.runs.length > 0 || side.doubt > 0 || side.fresh || side.stray)) {
      add(9, 'the process is killed and starts again', die, 'crashes');
    }
  }

  /** Kills the instance: only the documents and the requests already sent survive. */
  function die(world: World): void {
    for (const side of world.sides) Object.assign(side, { runs: [], doubt: 0, fresh: false, stray: false });
  }

  /** I10: an effect stops a healthy egress only when its document says that the recording shall end. */
  function checkStop(world: World, index: SideIndex, before: lk.Egress, after: lk.Egress): void {
    const at = documents.of(world.sides[index].doc);
    const wasHealthy = lk.has(before, lk.ALIVE) && lk.statusOf(before) === lk.ACTIVE && isOpenFor(world, before);
    if (!wasHealthy || lk.statusOf(after) === lk.ACTIVE || wantsItsEnd(at.document) || world.sides[index].late) return;
    throw new Violation(`I10 a healthy recording is never stopped by us (${at.state})`);
  }

  // --- strays ---

  /** Whether the stray keeper sees a stray: a running egress of ours without an unsettled recording. */
  function isStray({ egress }: Side, { document, unsettled }: Known): boolean {
    const owns = document.egressId === undefined || unsettled;
    return lk.has(egress, lk.LISTED) && !lk.isOver(egress) && !(owns && unsettled);
  }

  function strays(index: SideIndex, side: Side, at: Known, add: Add): void {
    if (!isStray(side, at)) return;
    if (!side.stray) {
      add(7, `${NAMES[index]} its egress is seen as a stray`, (next) => {
        next.sides[index].stray = true;
      });
      return;
    }
    const stopped = lk.stop(index, side.egress, 'plain').egress;
    if (stopped === side.egress) return;
    add(7, `${NAMES[index]} its stray egress is stopped`, (next) => {
      checkStop(next, index, side.egress, stopped);
      move(next.sides[index], stopped);
    });
  }

  return { documents, edges, known };
}

/** Whether the LiveKit room that this egress records is still open. */
function isOpenFor(world: World, egress: lk.Egress): boolean {
  return lk.has(egress, lk.SECOND_ROOM) ? world.room === 2 : world.room === 0;
}

function statusIn(egress: lk.Egress, ...statuses: number[]): boolean {
  return statuses.includes(lk.statusOf(egress));
}

function said(event: { type: string; egress?: { status: string } }): string {
  return event.egress === undefined ? event.type : `${event.type} ${event.egress.status}`;
}
