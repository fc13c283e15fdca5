// Prints how many pages the system had to give for a block of 8 MB that was had, filled and dropped before. Needs --expose-gc.
const { makeBuffersCheap } = await import(process.argv[2]);
if (process.argv[3] === 'cheap') makeBuffersCheap();
collect();
take();
collect();
const before = process.resourceUsage().minorPageFault;
take();
console.log(process.resourceUsage().minorPageFault - before);

function take() {
  new Uint8Array(8 * 2 ** 20).fill(1);
}

function collect() {
  for (let round = 0; round < 3; round++) gc();
}
