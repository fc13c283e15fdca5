import { setFlagsFromString } from 'node:v8';

/** Just below the largest block from which glibc learns, bytes. */
const LARGEST_LEARNT = 31 * 2 ** 20;
/** The first V8 that can weigh buffers with the whole heap; before, it can free them in the collection that finds them unused. */
const WEIGHS_BUFFERS_SINCE = 13;

/**
 * Make the buffers of 64 kB through which a file passes cheap to have and to drop. Nothing else is changed by it; with the defaults
 * of Node.js, relaying a file costs up to two and a half times as much of a processor. To be called once, before the first buffer.
 *
 * - glibc gives what is freed back to the system from 128 kB on, and the system fills it with zeroes for the next buffer. It keeps
 *   twice the largest block that was ever freed: see mallopt(3), M_MMAP_THRESHOLD. Other C libraries ignore the block.
 * - V8 counts unused buffers until they are freed, which it does later in a thread of its own, and looks through the whole heap each
 *   time the count grows by 64 MB.
 */
export function makeBuffersCheap(): void {
  const major = Number.parseInt(process.versions.v8, 10);
  const weighs = major >= WEIGHS_BUFFERS_SINCE;
  setFlagsFromString(weighs ? '--external-memory-accounted-in-global-limit' : '--no-concurrent-array-buffer-sweeping');
  new ArrayBuffer(LARGEST_LEARNT); // never touched, so it takes no memory; freed by the next collection
}
