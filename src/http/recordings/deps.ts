import type { Logger } from '../../logging.js';
import type { FileReports, MediaStore } from '../../machines/ports/media.js';
import type { RecordingCommands } from '../../machines/recording/commands/commands.js';
import type { RecordingStore } from '../../machines/recording/recording-store.js';

export interface RecordingsDeps {
  recordings: RecordingCommands;
  recordingStore: Pick<RecordingStore, 'list'>;
  media: Pick<MediaStore, 'stat' | 'hold' | 'open' | 'presign'>;
  files: Pick<FileReports, 'missing' | 'unreadable' | 'settled'>;
  log: Logger;
}
