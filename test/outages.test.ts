import { describe, expect, it } from 'vitest';

import { LocksUnavailableError, MediaUnavailableError, StoreUnavailableError } from '../src/errors.js';
import { createLogger } from '../src/logging.js';
import { createOutageLog, tellingOutages } from '../src/outages.js';

function logged() {
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    name: 'test',
    destination: { write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  });
  return { lines, log };
}

describe('a port whose outages are logged', () => {
  it('logs one line at the start and one at the end of an outage, however many calls fail', async () => {
    const { lines, log } = logged();
    let isAway = true;
    const load = () => (isAway ? Promise.reject(new StoreUnavailableError('away')) : Promise.resolve('it'));
    const port = tellingOutages({ load }, createOutageLog(log, 'The store'));
    await expect(port.load()).rejects.toThrow('away');
    await expect(port.load()).rejects.toThrow('away');
    expect(lines).toEqual(['The store cannot be reached']);
    isAway = false;
    expect(await port.load()).toBe('it');
    await port.load();
    expect(lines).toEqual(['The store cannot be reached', 'The store can be reached again']);
  });

  it('says that a service refuses when it answers with an error, and gives its words without a stack', async () => {
    const fields: object[] = [];
    const log = createLogger({
      level: 'info',
      name: 'test',
      destination: { write: (line) => void fields.push(JSON.parse(line)) },
    });
    const cause = new Error("OOM command not allowed when used memory > 'maxmemory'.");
    const set = () => Promise.reject(new LocksUnavailableError('Redis refused a command', { cause, refused: true }));
    await expect(tellingOutages({ set }, createOutageLog(log, 'Redis')).set()).rejects.toThrow(LocksUnavailableError);
    const reason = `Redis refused a command: ${cause.message}`;
    expect(fields).toEqual([expect.objectContaining({ msg: 'Redis refuses requests', reason })]);
    expect(fields[0]).not.toHaveProperty('err');
  });

  it('logs nothing for an error that is not an outage', async () => {
    const { lines, log } = logged();
    const read = () => Promise.reject(new TypeError('no such thing'));
    await expect(tellingOutages({ read }, createOutageLog(log, 'It')).read()).rejects.toThrow(TypeError);
    expect(lines).toEqual([]);
  });

  it('can share one outage log with other ports, and passes on `this` and results that are no promises', async () => {
    const { lines, log } = logged();
    const outages = createOutageLog(log, 'The media store');
    class Counter {
      #count = 0;
      next(): number {
        return (this.#count += 1);
      }
    }
    expect(tellingOutages(new Counter(), outages).next()).toBe(1);
    const stat = () => Promise.reject(new MediaUnavailableError('away'));
    await expect(tellingOutages({ stat }, outages).stat()).rejects.toThrow('away');
    await tellingOutages({ stat: () => Promise.resolve() }, outages).stat();
    expect(lines).toEqual(['The media store cannot be reached', 'The media store can be reached again']);
  });
});
