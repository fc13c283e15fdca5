#!/usr/bin/env node
import closeWithGrace from 'close-with-grace';

import { type App, createApp } from './app/app.js';
import { openDemoRoom } from './app/demo-room.js';
import { announce, type Welcome } from './cli/welcome.js';
import { readOptions, version } from './config/command-line.js';
import { type Config, configWarnings, parseConfig, withEnvFile } from './config/config.js';
import { adaptersOf } from './config/summary.js';
import { reasonsOf, TallyError, toError } from './errors.js';
import { createLogger } from './logging.js';
import { redactText } from './redact.js';

const CLOSE_WITHIN_MS = 9_800;
/**
 * A native fault repeats its instruction when a handler returns, so the process would never end: these signals keep their effect,
 * see signal(7) and Node.js, "Signal events".
 */
const FAULT_SIGNALS = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP'] as const;
/** A signal may come twice: on Ctrl-C the terminal signals every process, and npm forwards its own signal. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function main(): Promise<void> {
  readOptions({
    usage: 'tally',
    about: 'Serves Tally, the recording control plane for LiveKit. Variables of the environment and of .env configure it.',
    options: {},
  });
  // The AWS S3 client would warn on standard error about a Node.js version that Tally supports.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const env = withEnvFile(process.env, process.cwd());
  const config = parseConfig(env);
  const log = createLogger({ level: config.logLevel, name: 'tally' });
  for (const warning of configWarnings(env)) log.warn(warning);
  const stopping = new AbortController();
  const starting = createApp(config, { log, signal: stopping.signal });
  let forget = () => Promise.resolve();
  // Signals are handled before the start has finished, because a start may take long and may be stopped meanwhile.
  let closing: NodeJS.Signals | 'other' | undefined;
  const { close } = closeWithGrace(
    { delay: CLOSE_WITHIN_MS, logger: false, skip: [...STOP_SIGNALS, ...FAULT_SIGNALS] },
    async ({ err, signal }) => {
      closing ??= signal ?? 'other';
      if (err !== undefined) log.fatal({ err }, 'crashed');
      log.info({ signal: closing }, 'stopping');
      stopping.abort(new Error('The program stops'));
      await forget();
      // If the start fails or is aborted, `createApp` has closed everything that it had opened.
      const app = await starting.catch(() => undefined);
      await app?.close();
      log.info('stopped');
    },
  );
  for (const stop of STOP_SIGNALS) {
    process.on(stop, () => {
      if (closing !== undefined) return;
      closing = stop;
      close();
    });
  }
  const app = await starting.catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
    return undefined;
  });
  if (app === undefined || stopping.signal.aborted) return;
  log.info({ version: version(), url: app.url, ...adaptersOf(config, app.simulator?.url) }, 'Tally serves');
  const announced = announce(await welcomeOf(app, config), log);
  forget = async () => (await announced)();
  await announced;
}

async function welcomeOf({ url, apiKey, simulator, commands, persistence }: App, config: Config): Promise<Welcome> {
  const showsKey = config.store.kind === 'embedded' || process.stdout.isTTY;
  const welcome = { url, apiKey, showsKey, keepsKey: apiKey !== config.initialApiKey, dataDir: config.dataDir };
  if (simulator === undefined) return welcome;
  const demoRoomId = await openDemoRoom({
    rooms: commands.rooms,
    roomStore: persistence.rooms,
    join: (roomId, person) => {
      simulator.join(roomId, person);
    },
  });
  return { ...welcome, simulator: { ...simulator, url: simulator.url, demoRoomId } };
}

main().catch((error: unknown) => {
  const { message, stack } = toError(error);
  // An error that Tally throws on purpose is printed as one line, any other error with its stack.
  process.stderr.write(`tally: ${redactText(error instanceof TallyError ? reasonsOf(error) : (stack ?? message))}\n`);
  process.exitCode = 1;
  setImmediate(() => process.exit(1));
});
