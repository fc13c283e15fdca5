import { describe, expect, it } from 'vitest';

import { configWarnings, parseConfig } from '../../src/config/config.js';

const SERVICE_LINKS = {
  LIVEKIT_PORT: 'tcp://10.0.0.1:7880',
  LIVEKIT_SERVICE_HOST: '10.0.0.1',
  LIVEKIT_SERVICE_PORT: '7880',
  LIVEKIT_PORT_7880_TCP_ADDR: '10.0.0.1',
  TALLY_PORT: 'tcp://10.0.0.2:6080',
  SERVER_PORT: 'tcp://10.0.0.3:80',
};

describe('the name of a variable', () => {
  it.each([
    [{ TALLY_STROE: 'embedded' }, ['TALLY_STROE is no variable of Tally: did you mean TALLY_STORE?']],
    [{ MEET_S3_BUKET: 'a' }, ['MEET_S3_BUKET is no variable of Tally: did you mean MEET_S3_BUCKET?']],
    [{ LIVEKIT_API_SECERT: 'a' }, ['LIVEKIT_API_SECERT is no variable of Tally: did you mean LIVEKIT_API_SECRET?']],
    [{ TALLY_COLOUR: 'red' }, ['TALLY_COLOUR is no variable of Tally']],
    [{ MEET_EDITION: 'CE', MEET_INITIAL_WEBHOOK_URL: 'https://a' }, []],
    [{ PATH: '/bin', HOME: '/root', tally_store: 'real' }, []],
    [{ TALLY_STORE: 'embedded', SERVER_PORT: '6080', LIVEKIT_URL: 'ws://a' }, []],
  ])('is reported when it was probably meant for Tally and has no effect: %j', (env, warnings) => {
    expect(configWarnings(env)).toEqual(warnings);
  });

  it('that Kubernetes gives to a container for a service has no effect; one warning names them all', () => {
    expect(configWarnings(SERVICE_LINKS)).toEqual([
      `Service links of Kubernetes are ignored: ${Object.keys(SERVICE_LINKS).sort().join(', ')}`,
    ]);
    const { livekit, http } = parseConfig(SERVICE_LINKS);
    expect({ livekit: livekit.kind, port: http.port }).toEqual({ livekit: 'embedded', port: 6080 });
  });

  it.each(['LIVEKIT_API_SECERT', 'LIVEKIT_HOST', 'MEET_MONGO_FLAVOUR', 'MEET_S3_BUKET', 'MEET_REDIS_COLOUR'])(
    'that Tally does not know selects no real server: %s',
    (name) => {
      const { livekit, store, locks, media } = parseConfig({ [name]: 'a' });
      expect([livekit.kind, store.kind, locks.kind, media.kind]).toEqual(['embedded', 'embedded', 'embedded', 'embedded']);
    },
  );
});
