import {
  DirectFileOutput,
  EgressStatus,
  EncodedFileOutput,
  ExportReplayRequest,
  FileInfo,
  FileOutput,
  Output,
  ParticipantEgressRequest,
  RoomCompositeEgressRequest,
  StartEgressRequest,
  StreamInfo,
  TrackCompositeEgressRequest,
  TrackEgressRequest,
  WebEgressRequest,
} from '@livekit/protocol';
import { describe, expect, it } from 'vitest';

import { decodeEgress } from '../../src/livekit/egress-decoder.js';
import { EGRESS_STATUSES } from '../../src/machines/ports/egress-gateway.js';
import { buildEgressInfo, EGRESS_ID, FILE_PATH } from './build-egress-info.js';

describe('decodeEgress', () => {
  it('leaves out the members that LiveKit has not set yet on a new egress', () => {
    expect(decodeEgress(buildEgressInfo())).toStrictEqual({
      egressId: EGRESS_ID,
      roomName: 'room-1',
      roomSid: 'RM_aBcDeFgHiJkL',
      status: 'STARTING',
      updatedAt: '1795355483000000002',
      startedAt: 1_795_355_483_000,
      file: { filename: FILE_PATH },
      requestedPath: FILE_PATH,
    });
  });

  it('converts nanoseconds to milliseconds and seconds with their fractions', () => {
    const egress = decodeEgress(
      buildEgressInfo({
        status: EgressStatus.EGRESS_COMPLETE,
        endedAt: 1_795_355_493_538_123_456n,
        fileResults: [
          new FileInfo({
            filename: FILE_PATH,
            startedAt: 1_795_355_483_538_123_456n,
            endedAt: 1_795_355_490_000_500_000n,
            duration: 6_462_376_544n,
            size: 12_345n,
            location: '/out/room-1--uid1.mp4',
          }),
        ],
      }),
    );
    expect(egress?.endedAt).toBe(1_795_355_493_538.1235);
    expect(egress?.file).toStrictEqual({
      filename: FILE_PATH,
      startedAt: 1_795_355_483_538.1235,
      endedAt: 1_795_355_490_000.5,
      duration: 6.462376544,
      size: 12_345,
      location: '/out/room-1--uid1.mp4',
    });
  });

  it('leaves out numbers and dates outside of their range, and cuts long texts', () => {
    const beyond = 2n ** 63n - 1n;
    const egress = decodeEgress(
      buildEgressInfo({
        roomName: 'r'.repeat(3_000),
        roomId: 's'.repeat(3_000),
        errorCode: -1,
        startedAt: 1n,
        endedAt: beyond,
        updatedAt: beyond,
        error: 'e'.repeat(3_000),
        details: 'd'.repeat(3_000),
        fileResults: [
          new FileInfo({
            filename: 'f'.repeat(3_000),
            startedAt: -1n,
            endedAt: beyond,
            duration: -5n,
            size: 2n ** 60n,
            location: 'l'.repeat(3_000),
          }),
        ],
      }),
    );
    expect(egress).toMatchObject({ updatedAt: '0', error: 'e'.repeat(2_048), details: 'd'.repeat(2_048) });
    expect(egress).toMatchObject({ roomName: 'r'.repeat(256), roomSid: 's'.repeat(256) });
    for (const name of ['startedAt', 'errorCode']) expect(Object.keys(egress ?? {})).not.toContain(name);
    expect(Object.keys(egress ?? {})).not.toContain('endedAt');
    expect(egress?.file).toStrictEqual({ filename: 'f'.repeat(2_048), location: 'l'.repeat(2_048) });
  });

  it.each(EGRESS_STATUSES.map((status, number) => ({ status, number })))(
    'reads status $number as $status',
    ({ status, number }) => {
      expect(decodeEgress(buildEgressInfo({ status: number }))?.status).toBe(status);
    },
  );

  it('reads error, error code and details', () => {
    const members = {
      status: EgressStatus.EGRESS_ABORTED,
      error: 'Start signal not received',
      errorCode: 412,
      details: 'End reason: Source closed',
    };
    expect(decodeEgress(buildEgressInfo(members))).toMatchObject({
      status: 'ABORTED',
      error: 'Start signal not received',
      errorCode: 412,
      details: 'End reason: Source closed',
    });
  });

  it.each([
    { what: 'a status of a later LiveKit', members: { status: 42 } },
    { what: 'an egress without an id', members: { egressId: '' } },
    { what: 'an egress without a room', members: { roomName: '' } },
    { what: 'an egress without a file', members: { fileResults: [] } },
    { what: 'a stream beside the file', members: { streamResults: [new StreamInfo({ url: 'rtmp://x' })] } },
  ])('gives undefined for $what', ({ members }) => {
    expect(decodeEgress(buildEgressInfo(members))).toBeUndefined();
  });

  it('reads the deprecated file result that old workers fill', () => {
    const members = { fileResults: [], result: { case: 'file' as const, value: new FileInfo({ filename: 'old.mp4' }) } };
    expect(decodeEgress(buildEgressInfo(members))?.file).toStrictEqual({ filename: 'old.mp4' });
  });

  it('uses the newest time in the snapshot when updatedAt is missing', () => {
    const at = 1_795_355_483_000_000_000n;
    const file = new FileInfo({ filename: FILE_PATH, startedAt: at + 5n, endedAt: at + 9n });
    const egress = decodeEgress(buildEgressInfo({ updatedAt: 0n, startedAt: at + 3n, fileResults: [file] }));
    expect(egress?.updatedAt).toBe(String(at + 9n));
    expect(decodeEgress(buildEgressInfo({ updatedAt: 0n, startedAt: 0n }))?.updatedAt).toBe('0');
  });
});

describe('the requestedPath of decodeEgress', () => {
  const output = new EncodedFileOutput({ filepath: 'asked.mp4' });
  const outputs = [
    new Output({ config: { case: 'images', value: {} } }),
    new Output({ config: { case: 'file', value: new FileOutput({ filepath: 'asked.mp4' }) } }),
  ];

  it.each([
    { case: 'roomComposite', value: new RoomCompositeEgressRequest({ fileOutputs: [output] }) },
    { case: 'roomComposite', value: new RoomCompositeEgressRequest({ output: { case: 'file', value: output } }) },
    { case: 'web', value: new WebEgressRequest({ fileOutputs: [output] }) },
    { case: 'participant', value: new ParticipantEgressRequest({ fileOutputs: [output] }) },
    { case: 'trackComposite', value: new TrackCompositeEgressRequest({ output: { case: 'file', value: output } }) },
    {
      case: 'track',
      value: new TrackEgressRequest({ output: { case: 'file', value: new DirectFileOutput({ filepath: 'asked.mp4' }) } }),
    },
    { case: 'egress', value: new StartEgressRequest({ outputs }) },
    { case: 'replay', value: new ExportReplayRequest({ outputs }) },
  ] as const)('is read from the $case request that LiveKit repeats (case %#)', (request) => {
    expect(decodeEgress(buildEgressInfo({ request }))?.requestedPath).toBe('asked.mp4');
  });

  it.each([
    { case: undefined },
    { case: 'roomComposite', value: new RoomCompositeEgressRequest() },
    { case: 'participant', value: new ParticipantEgressRequest() },
    { case: 'track', value: new TrackEgressRequest({ output: { case: 'websocketUrl', value: 'wss://x' } }) },
    { case: 'egress', value: new StartEgressRequest() },
  ] as const)('is the resolved file name when the repeated request names none ($case)', (request) => {
    expect(decodeEgress(buildEgressInfo({ request }))?.requestedPath).toBe(FILE_PATH);
  });
});
