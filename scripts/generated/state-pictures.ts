import { recordingMachine } from '../../src/machines/recording/machine/recording.machine.js';
import { roomMachine } from '../../src/machines/room/machine/room.machine.js';
import type { GeneratedFile } from './generated-file.js';
import { stateDiagram, stateTable } from './state-chart.js';

const ROOTS = { recording: recordingMachine.root, room: roomMachine.root };

interface Picture {
  of: keyof typeof ROOTS;
  /** A table of the states and what each means stands below it. */
  withTable: boolean;
}

/**
 * A Markdown text with pictures of the charts in their marked places.
 *
 * @throws Error the text has no place for one
 */
function withPictures(text: string, pictures: readonly Picture[]): string {
  return pictures.reduce((drawn, { of, withTable }) => {
    const [begin, end] = [`<!-- states:${of}:begin -->`, `<!-- states:${of}:end -->`];
    const [from, to] = [drawn.indexOf(begin), drawn.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`a picture needs the lines ${begin} and ${end}`);
    const picture = `\`\`\`mermaid\n${stateDiagram(ROOTS[of])}\n\`\`\``;
    const parts = withTable ? [picture, stateTable(ROOTS[of])] : [picture];
    return `${drawn.slice(0, from + begin.length)}\n${parts.join('\n\n')}\n${drawn.slice(to)}`;
  }, text);
}

export const readmePictures: GeneratedFile = {
  path: 'README.md',
  content: (current) => withPictures(current, [{ of: 'recording', withTable: false }]),
};

export const architecturePictures: GeneratedFile = {
  path: 'docs/architecture.md',
  content: (current) =>
    withPictures(current, [
      { of: 'recording', withTable: true },
      { of: 'room', withTable: true },
    ]),
};
