import { expect, test } from 'vitest';
import { childEnvironment } from './environment.ts';

test('a process of the kiosk is told where it is and in which language, and nothing that could steer it', () => {
  const told = { PATH: '/usr/bin', LANG: 'C.UTF-8', LC_ALL: 'C', TZ: 'Asia/Hong_Kong', DISPLAY: ':0', PAILOU_RUN: '/run/pailou' };
  const kept = {
    NODE_OPTIONS: '--inspect',
    NODE_ENV: 'test',
    VITEST: 'true',
    LD_PRELOAD: '/x.so',
    SSLKEYLOGFILE: '/x',
    CHROMIUM_FLAGS: '-x',
  };
  expect(childEnvironment({ ...told, ...kept, CREDENTIALS_DIRECTORY: '/keys' })).toEqual(told);
});

test('only a process that needs the place of the keys is told it', () => {
  const env = { CREDENTIALS_DIRECTORY: '/keys' };
  expect(childEnvironment(env)).toEqual({});
  expect(childEnvironment(env, ['CREDENTIALS_DIRECTORY'])).toEqual(env);
});
