import { beforeEach, expect, it } from 'vitest';

import type { Log } from '../../src/logging.js';
import { createFileReports } from '../../src/observability/file-reports.js';
import { silentLog } from '../support/silent-log.js';
import { createTestClock } from '../support/test-clock.js';

const ONE = { uid: 'a1', roomId: 'room-1' };
const OTHER = { uid: 'b2', roomId: 'room-2' };
const PATHS = { tally: '/srv/media/a1.mp4', egress: '/out/a1.mp4' };

let lines: [fields: object, sentence: string][];
let log: Log;

beforeEach(() => {
  lines = [];
  log = { ...silentLog, warn: (...line) => void lines.push(line) };
});

it('a missing file is logged once and counted until it is found', () => {
  const files = createFileReports(log);
  expect(files.counts()).toEqual({});
  for (const recording of [ONE, ONE, OTHER]) files.missing(recording);
  expect(files.counts()).toEqual({ missingFiles: 2 });
  expect(lines).toEqual([
    [{ recording: 'a1', room: 'room-1' }, 'file of a recording is missing'],
    [{ recording: 'b2', room: 'room-2' }, 'file of a recording is missing'],
  ]);
  files.settled('a1');
  files.settled('never reported');
  expect(files.counts()).toEqual({ missingFiles: 1 });
  files.missing(ONE);
  expect(lines).toHaveLength(3);
});

it('an undelivered file is logged once with the path for Tally and the path for the egress, and makes the media store not ok', () => {
  const files = createFileReports(log);
  files.missing(ONE);
  files.undelivered(ONE, PATHS);
  files.undelivered(ONE, PATHS);
  files.missing(ONE);
  expect(files.counts()).toEqual({
    ok: false,
    undeliveredFiles: 1,
    reason: 'LiveKit delivered files that are not where Tally looks, such as /srv/media/a1.mp4, for the egress /out/a1.mp4',
  });
  expect(lines).toEqual([
    [{ recording: 'a1', room: 'room-1' }, 'file of a recording is missing'],
    [{ recording: 'a1', room: 'room-1', ...PATHS }, 'LiveKit delivered a file that is not where Tally looks'],
  ]);
  files.settled('a1');
  expect(files.counts()).toEqual({});
});

it('an unreadable file is logged once with the reason, and makes the media store not ok until it can be read', () => {
  const files = createFileReports(log);
  const reason = 'Cannot open /srv/media/a1.mp4: EACCES: permission denied';
  files.unreadable(ONE, reason);
  files.unreadable(ONE, reason);
  expect(files.counts()).toEqual({ ok: false, unreadableFiles: 1, reason: `Files cannot be read: ${reason}` });
  expect(lines).toEqual([[{ recording: 'a1', room: 'room-1', reason }, 'file of a recording cannot be read']]);
  files.settled('a1');
  expect(files.counts()).toEqual({});
});

it('undelivered and unreadable files are forgotten 90 minutes after the last report, because another instance may settle them', () => {
  const clock = createTestClock();
  const files = createFileReports(log, clock);
  files.undelivered(ONE, PATHS);
  files.undelivered(OTHER, PATHS);
  files.unreadable(OTHER, 'EACCES');
  clock.advance(60 * 60_000);
  files.undelivered(ONE, PATHS);
  clock.advance(30 * 60_000 - 1);
  expect(files.counts()).toMatchObject({ undeliveredFiles: 2, unreadableFiles: 1 });
  clock.advance(1);
  expect(files.counts()).toMatchObject({ ok: false, undeliveredFiles: 1 });
  expect(files.counts()).not.toHaveProperty('unreadableFiles');
  clock.advance(60 * 60_000);
  expect(files.counts()).toEqual({});
  expect(lines).toHaveLength(3);
});

it('at most 10 000 missing files are counted, so that their number does not grow the memory without limit', () => {
  const files = createFileReports(log);
  for (let number = 0; number < 10_002; number += 1) files.missing({ uid: String(number), roomId: 'room' });
  expect(files.counts()).toEqual({ missingFiles: 10_000 });
  expect(lines).toHaveLength(10_002);
});
