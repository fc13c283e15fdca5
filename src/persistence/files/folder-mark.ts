import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { SettingsStore } from '../../accounts/ports.js';
import { MediaUnavailableError, toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import { mediaKeyOf } from '../../machines/recording/media-key.js';
import type { RecordingStore } from '../../machines/recording/recording-store.js';
import { isMissing } from '../is-missing.js';
import { lookAt, SAFELY } from './held-file.js';

/** The file in the media folder that has the folder's id, and the setting that has the id of Tally's folder. */
const MARK = '.tally-media';
const SETTING = 'mediaFolder';
/** Number of complete recordings of which one must have its file in a folder without an id. */
const WITNESSES = 10;

export interface FolderMarkOptions {
  /** Absolute path of the media folder. */
  root: string;
  settings: SettingsStore;
  recordings: Pick<RecordingStore, 'list'>;
  /** `TALLY_MEDIA_ACCEPT`: id of a folder that becomes Tally's at the start. */
  accept: string | undefined;
  log: Log;
}

/**
 * Tells the media folder of the recordings from another folder at the same path, such as the empty folder below an unmounted disk:
 * the absence of a file means something in the right folder only.
 *
 * @returns a check that resolves while the folder is the right one
 * @throws from the check: MediaUnavailableError another folder is there, or none; StoreUnavailableError (both retryable)
 */
export function createFolderMark({ root, settings, recordings, accept, log }: FolderMarkOptions): () => Promise<void> {
  const file = join(root, MARK);
  let ownId: string | undefined;
  let accepting = accept;

  return async () => {
    if (accepting !== undefined) await acceptOnce(accepting);
    const found = await read();
    if (found !== undefined && found === ownId) return;
    ownId = await settings.load(SETTING); // another instance may have accepted another folder
    if (ownId === undefined) await adopt(found);
    else if (found !== ownId) throw anotherFolder(found, ownId);
  };

  /** Makes the folder ours if it has the accepted id, or has none and can take it. Later starts with the same id change nothing. */
  async function acceptOnce(id: string): Promise<void> {
    if ((await settings.load(SETTING)) !== id) {
      const found = (await read()) ?? (await write(id));
      if (found === id) await settings.save(SETTING, id);
      const outcome =
        found === id ? 'accepted another media folder' : 'had no effect: the folder has another id, or cannot get one';
      log.warn({ folder: root, id: found }, `TALLY_MEDIA_ACCEPT ${outcome}`);
    }
    accepting = undefined;
  }

  /** Gives the first folder its id. A folder that cannot be written is judged again at every check. */
  async function adopt(found: string | undefined): Promise<void> {
    if (!(await hasWitness())) {
      const message = `None of the newest ${WITNESSES} recordings has its file in ${root}: mount the right folder, or set TALLY_MEDIA_ACCEPT`;
      throw new MediaUnavailableError(`${message} to ${found ?? 'a name for this one'}`);
    }
    const mark = found ?? (await write(randomUUID()));
    if (mark === undefined) return;
    ownId = await settings.add(SETTING, mark);
    if (ownId !== mark) throw anotherFolder(mark, ownId);
  }

  /** Whether the folder has the file of a recent recording, or no recording is complete yet. */
  async function hasWitness(): Promise<boolean> {
    const { items } = await recordings.list({ status: 'complete' }, WITNESSES);
    for (const recording of items) {
      const found = await lookAt(root, join(root, mediaKeyOf(recording))).catch(unlessMissing);
      if (found !== undefined) return true;
    }
    return items.length === 0;
  }

  /** @returns the id of the folder; undefined when it has none */
  async function read(): Promise<string | undefined> {
    try {
      const text = (await readFile(file, { encoding: 'utf8', flag: SAFELY })).trim();
      return text === '' ? undefined : text;
    } catch (error) {
      if (!isMissing(error)) throw new MediaUnavailableError(`Cannot read ${file}`, { cause: error });
    }
    const folder = await stat(root).catch(unlessMissing);
    if (folder?.isDirectory() !== true) throw new MediaUnavailableError(`No media folder ${root}`);
    return undefined;
  }

  /** @returns the id of the folder: this one, or that of an instance which was first; undefined when it cannot be written */
  async function write(id: string): Promise<string | undefined> {
    const failure = await place(`${id}\n`).then(() => undefined, toError);
    if (failure !== undefined) log.debug({ file, err: failure }, 'the media folder was not marked');
    return read();
  }

  /** Creates the mark whole or not at all, because an empty one would stay: a disk may be full, and a process may be killed. */
  async function place(text: string): Promise<void> {
    const whole = `${file}-${randomUUID()}`;
    try {
      await writeFile(whole, text, { flag: 'wx' });
      // Some file systems have no links. A copy that fails is removed, but a kill may leave an empty one.
      await link(whole, file).catch(() => copyFile(whole, file, constants.COPYFILE_EXCL));
    } finally {
      await rm(whole, { force: true });
    }
  }

  function anotherFolder(found: string | undefined, ownId: string): MediaUnavailableError {
    const which = found === undefined ? `has no ${MARK}` : `has the id ${found}`;
    const remedy = `mount the right one, or set TALLY_MEDIA_ACCEPT to ${found ?? 'a name for this one'}`;
    return new MediaUnavailableError(`The folder ${root} ${which}, the recordings are in ${ownId}: ${remedy}`);
  }
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw new MediaUnavailableError('Cannot look at the media folder', { cause: error });
}
