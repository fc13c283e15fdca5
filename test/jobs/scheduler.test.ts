import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { COLLECTOR, createWorld, drivenJob, SWEEP, type World } from './support.js';

const DEBUG = 20;
const INFO = 30;
const WARN = 40;
const MINUTE_MS = 60_000;

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

describe('a tick of the scheduler', () => {
  it('runs the job, logs its counts in one line, and stores the run', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job, drivenJob(SWEEP)]);
    await one.tick(COLLECTOR);
    const startedAt = world.clock.now();
    await world.clock.run(1_500);
    job.open[0]?.end({ seen: 3, freed: 1 });
    await world.clock.run(0);

    const run = { startedAt, finishedAt: startedAt + 1_500, instance: 'one', counts: { seen: 3, freed: 1 } };
    expect(await world.runs.load(COLLECTOR)).toEqual(run);
    expect(one.lines).toMatchObject([{ level: INFO, msg: 'job ran', job: COLLECTOR, ms: 1_500, counts: { seen: 3, freed: 1 } }]);
    expect(await world.runs.load(SWEEP)).toBeUndefined();
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });

  it('does not start a job that is still running, and starts another job at the same time', async () => {
    const [job, other] = [drivenJob(COLLECTOR), drivenJob(SWEEP)];
    const one = await world.instance([job, other]);
    for (let count = 0; count < 3; count += 1) await one.tick(COLLECTOR);
    await one.tick(SWEEP);
    expect([job.begun, other.begun]).toEqual([1, 1]);
    job.open[0]?.end();
    await world.clock.run(0);
    await one.tick(COLLECTOR);
    expect(job.begun).toBe(2);
  });

  it('does not start a job that another instance runs, and logs this only at the level debug', async () => {
    const job = drivenJob(COLLECTOR);
    const [one, two] = [await world.instance([job], 'one'), await world.instance([job], 'two')];
    await one.tick(COLLECTOR);
    await two.tick(COLLECTOR);
    expect(job.begun).toBe(1);
    expect(two.lines.map(({ level }) => level)).toEqual([DEBUG]);
    job.open[0]?.end();
    await world.clock.run(0);
    await two.tick(COLLECTOR);
    expect(job.begun).toBe(2);
  });

  it('logs one warning when the job fails, stores the run as failed, and the next tick runs the job again', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    job.open[0]?.fail('LiveKit did not answer');
    await world.clock.run(10 * MINUTE_MS);
    expect(one.lines).toMatchObject([{ level: WARN, msg: 'job failed', job: COLLECTOR }]);
    expect(await world.runs.load(COLLECTOR)).toMatchObject({ error: 'LiveKit did not answer', instance: 'one' });
    expect(job.begun).toBe(1);
    await one.tick(COLLECTOR);
    job.open[0]?.end({ seen: 1 });
    await world.clock.run(0);
    expect(await world.runs.load(COLLECTOR)).toMatchObject({ counts: { seen: 1 } });
  });

  it('does not run the job while the lock store cannot be reached, and the first tick afterwards runs it', async () => {
    const job = drivenJob(COLLECTOR);
    job.atOnce = () => ({});
    const one = await world.instance([job]);
    for (let count = 0; count < 5; count += 1) {
      world.gate.failNext('jobLocks.acquire', 'fail_before');
      await one.tick(COLLECTOR);
    }
    expect(job.begun).toBe(0);
    expect(one.said(WARN)).toHaveLength(5);
    await one.tick(COLLECTOR);
    expect(job.begun).toBe(1);
    expect(one.said(INFO)).toEqual(['job ran']);
  });

  it('logs the job as run, with a warning, when the run cannot be stored', async () => {
    const job = drivenJob(COLLECTOR);
    job.atOnce = () => ({ seen: 1 });
    const one = await world.instance([job]);
    world.gate.failNext('jobRuns.save', 'fail_before');
    await one.tick(COLLECTOR);
    expect(one.said(INFO)).toEqual(['job ran']);
    expect(one.said(WARN)).toEqual(['the end of a job is not stored']);
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });

  it('leaves a lock that could not be released until the lock expires', async () => {
    const job = drivenJob(COLLECTOR);
    job.atOnce = () => ({});
    const one = await world.instance([job]);
    world.gate.failNext('jobLocks.release', 'fail_before');
    await one.tick(COLLECTOR);
    expect(one.said(WARN)).toEqual([]);
    expect(await world.isFree(COLLECTOR)).toBe(false);
    await world.clock.run(MINUTE_MS + 1);
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });
});

describe('the start of the scheduler', () => {
  it('runs the jobs marked atStart without a tick, and no other job', async () => {
    const [job, other] = [drivenJob(COLLECTOR, { atStart: true }), drivenJob(SWEEP)];
    await world.instance([job, other]);
    expect([job.begun, other.begun]).toEqual([1, 0]);
  });

  it('repeats a failing job after 1, 2, 4 … 60 seconds until it succeeds', async () => {
    const job = drivenJob(COLLECTOR, { atStart: true });
    job.atOnce = () => {
      throw new Error('LiveKit is not there yet');
    };
    await world.instance([job]);
    const begunAfter = async (ms: number) => {
      await world.clock.run(ms);
      return job.begun;
    };
    expect([await begunAfter(0), await begunAfter(1_000), await begunAfter(2_000), await begunAfter(4_000)]).toEqual([
      1, 2, 3, 4,
    ]);
    await world.clock.run(10 * MINUTE_MS);
    const before = job.begun;
    expect(await begunAfter(MINUTE_MS)).toBe(before + 1);
    job.atOnce = () => ({});
    expect(await begunAfter(MINUTE_MS)).toBe(before + 2);
    expect(await begunAfter(60 * MINUTE_MS)).toBe(before + 2);
  });

  it('runs a job once the lock store can be reached', async () => {
    const job = drivenJob(COLLECTOR, { atStart: true });
    job.atOnce = () => ({});
    for (let count = 0; count < 3; count += 1) world.gate.failNext('jobLocks.acquire', 'fail_before');
    const one = await world.instance([job]);
    await world.clock.run(7_000);
    expect(job.begun).toBe(1);
    expect(one.said(WARN)).toHaveLength(3);
  });

  it('does not repeat a job that a tick has run meanwhile', async () => {
    const job = drivenJob(COLLECTOR, { atStart: true });
    job.atOnce = () => ({});
    world.gate.failNext('jobLocks.acquire', 'fail_before');
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    await world.clock.run(MINUTE_MS);
    expect(job.begun).toBe(1);
  });

  it('runs a job once the lock of a killed instance has expired', async () => {
    const job = drivenJob(COLLECTOR, { atStart: true });
    job.atOnce = () => ({});
    await world.locks.acquire(COLLECTOR, MINUTE_MS);
    await world.instance([job]);
    await world.clock.run(MINUTE_MS - 1);
    expect(job.begun).toBe(0);
    await world.clock.run(1);
    expect(job.begun).toBe(1);
  });

  it('gives a job up when another instance still holds its lock after one lifetime of the lock', async () => {
    const job = drivenJob(COLLECTOR, { atStart: true });
    await world.locks.acquire(COLLECTOR, 2 * MINUTE_MS);
    await world.instance([job]);
    await world.clock.run(10 * MINUTE_MS);
    expect(job.begun).toBe(0);
    expect(world.clock.pending()).toBe(0);
  });
});

describe('a long run of a job', () => {
  it('extends its lock until it ends, so that no other instance starts the job', async () => {
    const job = drivenJob(COLLECTOR);
    const [one, two] = [await world.instance([job], 'one'), await world.instance([job], 'two')];
    await one.tick(COLLECTOR);
    for (let minute = 0; minute < 20; minute += 1) {
      await world.clock.run(MINUTE_MS);
      await two.tick(COLLECTOR);
    }
    expect(job.begun).toBe(1);
    job.open[0]?.end();
    await world.clock.run(0);
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });

  it('leaves neither timer nor lock when it ends while its lock is being extended', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    world.gate.hold();
    await world.clock.run(10_000);
    job.open[0]?.end();
    await world.clock.run(0);
    await world.gate.settle();
    world.gate.open();
    expect(world.clock.pending()).toBe(0);
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });

  it('goes on although three extensions of its lock fail', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    await world.clock.run(5 * MINUTE_MS);
    for (let count = 0; count < 3; count += 1) world.gate.failNext('jobLocks.extend', 'fail_before');
    await world.clock.run(5 * MINUTE_MS);
    expect(job.open[0]?.signal.aborted).toBe(false);
    job.open[0]?.end({ seen: 1 });
    await world.clock.run(0);
    expect(await world.runs.load(COLLECTOR)).toMatchObject({ counts: { seen: 1 } });
  });

  it('is aborted before its lock expires when the lock cannot be extended', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    for (let count = 0; count < 6; count += 1) world.gate.failNext('jobLocks.extend', 'fail_before');
    await world.clock.run(MINUTE_MS - 10_000);
    expect(job.open[0]?.signal.aborted).toBe(true);
    expect(await world.isFree(COLLECTOR)).toBe(false);
  });

  it('is aborted with one warning and not stored when another instance has taken its lock', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    // The lock store does not answer for longer than the lifetime of the lock; then another instance takes the lock.
    world.gate.hold();
    world.clock.advance(MINUTE_MS);
    world.gate.open();
    expect(await world.locks.acquire(COLLECTOR, 2 * MINUTE_MS)).toBeDefined();
    await world.clock.run(0);
    expect(job.open[0]?.signal.aborted).toBe(true);

    job.open[0]?.end({ seen: 1 });
    await world.clock.run(0);
    expect(one.said(WARN)).toEqual(['job failed']);
    expect(one.said(INFO)).toEqual([]);
    expect(await world.runs.load(COLLECTOR)).toBeUndefined();
    await one.tick(COLLECTOR);
    expect(job.begun).toBe(1);
    await world.clock.run(2 * MINUTE_MS);
    await one.tick(COLLECTOR);
    expect(job.begun).toBe(2);
  });

  it('that ignores its abort is given up after a grace period, and the next tick runs the job again', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    for (let count = 0; count < 6; count += 1) world.gate.failNext('jobLocks.extend', 'fail_before');
    await world.clock.run(MINUTE_MS);
    expect(one.said(WARN)).toEqual(['job failed']);
    await one.tick(COLLECTOR);
    expect(job.begun).toBe(2);
  });
});

describe('runNow of the scheduler', () => {
  it('runs a job at once, without a tick', async () => {
    const job = drivenJob(COLLECTOR);
    job.atOnce = () => ({ seen: 1 });
    const one = await world.instance([job]);
    expect(await one.scheduler.runNow(COLLECTOR)).toBe('ran');
    expect(job.begun).toBe(1);
  });

  it('runs a running job exactly once more after its end, however many calls ask for it', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    const asked = [one.scheduler.runNow(COLLECTOR), one.scheduler.runNow(COLLECTOR)];
    await world.clock.run(0);
    expect(job.begun).toBe(1);
    job.open[0]?.end();
    await world.clock.run(0);
    expect(job.begun).toBe(2);
    job.open[0]?.end();
    expect(await Promise.all(asked)).toEqual(['ran', 'ran']);
    await world.clock.run(MINUTE_MS);
    expect(job.begun).toBe(2);
  });

  it('answers failed when the lock store cannot be reached, and runs the job a second later', async () => {
    const job = drivenJob(COLLECTOR);
    job.atOnce = () => ({});
    const one = await world.instance([job]);
    world.gate.failNext('jobLocks.acquire', 'fail_before');
    expect(await one.scheduler.runNow(COLLECTOR)).toBe('failed');
    await world.clock.run(1_000);
    expect(job.begun).toBe(1);
  });

  it('throws for a job that does not exist', async () => {
    const one = await world.instance([drivenJob(COLLECTOR)]);
    await expect(one.scheduler.runNow(SWEEP)).rejects.toThrow(`There is no job ${SWEEP}`);
  });
});

describe('closing the scheduler', () => {
  it('aborts the running jobs, waits for them and releases their locks, without a line in the log', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    const closing = one.scheduler.close();
    expect(job.open[0]?.signal.aborted).toBe(true);
    job.open[0]?.end({ seen: 1 });
    await closing;
    expect(await world.isFree(COLLECTOR)).toBe(true);
    expect(await world.runs.load(COLLECTOR)).toBeUndefined();
    expect(one.lines).toEqual([]);
    expect(world.clock.pending()).toBe(0);
  });

  it('waits two seconds for a job that ignores its signal, then releases the lock', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    await one.tick(COLLECTOR);
    let isClosed = false;
    const closing = one.scheduler.close().then(() => (isClosed = true));
    await world.clock.run(1_999);
    expect(isClosed).toBe(false);
    await world.clock.run(1);
    await closing;
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });

  it('does not start a run whose lock is granted during the closing, and releases that lock', async () => {
    const job = drivenJob(COLLECTOR);
    const one = await world.instance([job]);
    world.gate.hold();
    await one.tick(COLLECTOR);
    const closing = one.scheduler.close();
    world.gate.open();
    await closing;
    expect(job.begun).toBe(0);
    expect(await world.isFree(COLLECTOR)).toBe(true);
  });

  it('cancels pending repetitions, and a later tick or runNow starts no job', async () => {
    const job = drivenJob(COLLECTOR, { atStart: true });
    world.gate.failNext('jobLocks.acquire', 'fail_before');
    const one = await world.instance([job]);
    await one.scheduler.close();
    expect(world.clock.pending()).toBe(0);
    await one.tick(COLLECTOR);
    expect(await one.scheduler.runNow(COLLECTOR)).toBe('stopped');
    await world.clock.run(MINUTE_MS);
    expect(job.begun).toBe(0);
  });
});
