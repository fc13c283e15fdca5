import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny';
import { FRAMES, FRAMES_PER_SECOND } from './mp4-frames.js';

const FRAME_MS = 1000 / FRAMES_PER_SECOND;
/** With a longer last picture, Chromium ends early or jumps. */
const LAST_FRAME_MS = 40;
const PADDING_HEAD_BYTES = 16;

interface Picture {
  atMs: number;
  lengthMs: number;
}

/**
 * A playable MP4 of colour bars that lasts exactly this long.
 *
 * @param durationMs 1 or more
 * @param leastBytes a smaller file is padded to this size, at least by an empty box of 16 bytes
 */
export async function createMp4(durationMs: number, leastBytes = 0): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target });
  const source = new EncodedVideoPacketSource('avc');
  output.addVideoTrack(source, { frameRate: 1000 });
  await output.start();
  let index = 0;
  for (const { atMs, lengthMs } of pictures(durationMs)) {
    const frame = FRAMES[index % FRAMES.length] ?? new Uint8Array();
    const packet = new EncodedPacket(frame, index % FRAMES.length === 0 ? 'key' : 'delta', atMs / 1000, lengthMs / 1000);
    await source.add(packet, DECODER);
    index += 1;
  }
  await output.finalize();
  const movie = new Uint8Array(target.buffer ?? new ArrayBuffer(0));
  return movie.length >= leastBytes ? movie : Buffer.concat([movie, padding(leastBytes - movie.length)]);
}

/** A box that players skip, with a 64-bit size; each word of its content is its own offset, so that no two ranges are equal. */
function padding(bytes: number): Buffer {
  const box = Buffer.alloc(Math.max(bytes, PADDING_HEAD_BYTES));
  box.writeUInt32BE(1);
  box.write('free', 4, 'latin1');
  box.writeBigUInt64BE(BigInt(box.length), 8);
  for (let at = PADDING_HEAD_BYTES; at + 4 <= box.length; at += 4) box.writeUInt32BE(at, at);
  return box;
}

const DECODER = { decoderConfig: { codec: 'avc1.42c00b', codedWidth: 320, codedHeight: 180 } };

function* pictures(durationMs: number): Generator<Picture> {
  const lastAtMs = Math.max(0, durationMs - LAST_FRAME_MS);
  for (let atMs = 0; atMs < lastAtMs; atMs += FRAME_MS) yield { atMs, lengthMs: Math.min(FRAME_MS, lastAtMs - atMs) };
  yield { atMs: lastAtMs, lengthMs: durationMs - lastAtMs };
}
