// A program that joins a LiveKit room as a participant, shows a moving picture, plays a tone, and leaves on SIGTERM.
// Usage: node participant.mjs URL TOKEN TONE_HERTZ
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  dispose,
} from '@livekit/rtc-node';

const [url, token, hertz] = process.argv.slice(2);

const width = 320;
const height = 180;
const framesPerSecond = 10;
const sampleRate = 48_000;

/** Draws frame `index`: a bright square that moves over a changing colour. */
function picture(index) {
  const rgba = new Uint8Array(width * height * 4);
  const [left, top] = [(index * 7) % (width - 60), (index * 3) % (height - 60)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isSquare = x >= left && x < left + 60 && y >= top && y < top + 60;
      rgba.set(isSquare ? [255, 255, 255, 255] : [(x + index * 5) & 255, (y * 2) & 255, 160, 255], (y * width + x) * 4);
    }
  }
  return new VideoFrame(rgba, width, height, VideoBufferType.RGBA);
}

async function publishPicture(participant) {
  const source = new VideoSource(width, height);
  const options = new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA });
  await participant.publishTrack(LocalVideoTrack.createVideoTrack('picture', source), options);
  let index = 0;
  setInterval(() => source.captureFrame(picture(index++)), 1000 / framesPerSecond);
}

async function publishTone(participant) {
  const source = new AudioSource(sampleRate, 1);
  const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
  await participant.publishTrack(LocalAudioTrack.createAudioTrack('tone', source), options);
  const samples = sampleRate / 10;
  for (let offset = 0; !leaving; offset += samples) {
    const data = Int16Array.from(
      { length: samples },
      (_, i) => 8_000 * Math.sin((2 * Math.PI * Number(hertz) * (offset + i)) / sampleRate),
    );
    await source.captureFrame(new AudioFrame(data, sampleRate, 1, samples)); // waits while its queue is full
  }
}

let leaving = false;
const room = new Room();

process.on('SIGTERM', async () => {
  leaving = true;
  await room.disconnect();
  await dispose();
  process.exit(0);
});

await room.connect(url, token, { autoSubscribe: false, dynacast: false });
await publishPicture(room.localParticipant);
void publishTone(room.localParticipant);
console.log('joined');
