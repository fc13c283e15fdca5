import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { expect, it } from 'vitest';

import { eventually } from '../../support/eventually.js';
import { startSelfContained } from '../../support/apps/self-contained-app.js';

it('the simulator of an embedded Tally uploads to the bucket that Tally serves from', async () => {
  const storage = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const endpoint = `http://127.0.0.1:${storage.port}`;
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: 'b' }));
  const keys = async () => (await client.send(new ListObjectsV2Command({ Bucket: 'b' }))).Contents?.map(({ Key }) => Key);
  const env = { MEET_S3_SERVICE_ENDPOINT: endpoint, MEET_S3_BUCKET: 'b', MEET_S3_SUBBUCKET: 'folder' };
  const { api, openRoom, close } = await startSelfContained({ speed: 50, env });
  try {
    const roomId = await openRoom();
    const { body } = await api.start(roomId);
    await api.stop(body.recordingId);
    expect((await api.outcome(body.recordingId)).status).toBe('complete');
    expect(await keys()).toEqual([expect.stringMatching(new RegExp(`^folder/recordings/${roomId}/${roomId}--.*\\.mp4$`))]);
    expect(await api.plays(body.recordingId)).toBeGreaterThan(0);
    expect((await api.delete(body.recordingId)).status).toBe(200);
    await eventually('the object is gone', keys, (found) => found === undefined);
  } finally {
    await close();
    client.destroy();
    await storage.stop();
  }
});
