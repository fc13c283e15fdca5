import { expect, it } from 'vitest';

import { createMailbox } from '../../../src/machines/kernel/mailbox.js';

function task(log: string[], name: string): { run: () => Promise<string>; finish: () => void } {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return {
    finish: () => finish(),
    async run() {
      log.push(`${name} begins`);
      await done;
      log.push(`${name} ends`);
      return name;
    },
  };
}

it('runs what concerns one key in the order it came, and other keys beside it', async () => {
  const log: string[] = [];
  const mailbox = createMailbox();
  const [first, second, other] = [task(log, 'first'), task(log, 'second'), task(log, 'other')];
  const all = [mailbox.run('a', first.run), mailbox.run('a', second.run), mailbox.run('b', other.run)];
  expect(log).toEqual(['first begins', 'other begins']);
  other.finish();
  second.finish();
  first.finish();
  expect(await Promise.all(all)).toEqual(['first', 'second', 'other']);
  expect(log.filter((line) => !line.startsWith('other'))).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

it('goes on after a task that failed, and tells only whoever asked for it', async () => {
  const mailbox = createMailbox();
  const failing = mailbox.run('a', () => Promise.reject(new Error('no')));
  const next = mailbox.run('a', async () => 'next');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('next');
});

it('is idle once nothing waits or runs', async () => {
  const log: string[] = [];
  const mailbox = createMailbox();
  const only = task(log, 'only');
  void mailbox.run('a', only.run);
  const idle = mailbox.idle().then(() => log.push('idle'));
  only.finish();
  await idle;
  expect(log).toEqual(['only begins', 'only ends', 'idle']);
});
