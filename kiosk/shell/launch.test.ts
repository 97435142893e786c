import { describe, expect, test } from 'vitest';
import { pickShell } from './launch.ts';

const all = { asked: null, hasDisplay: true, electronBinary: '/e', chromiumBinary: '/c' } as const;

describe('which window is opened', () => {
  test('Electron where its binary is there', () => {
    expect(pickShell(all)).toEqual({ kind: 'electron', binary: '/e', headless: false });
  });

  test('the system Chromium where Electron cannot be had', () => {
    expect(pickShell({ ...all, electronBinary: null })).toEqual({ kind: 'chromium', binary: '/c', headless: false });
  });

  test('none without a display, and the address is printed', () => {
    expect(pickShell({ ...all, hasDisplay: false })).toEqual({ kind: 'none' });
  });

  test('none without any browser', () => {
    expect(pickShell({ ...all, electronBinary: null, chromiumBinary: null })).toEqual({ kind: 'none' });
  });

  test('what was asked for is never silently something else', () => {
    expect(pickShell({ ...all, asked: 'electron', electronBinary: null }).kind).toBe('cannot');
    expect(pickShell({ ...all, asked: 'electron', hasDisplay: false }).kind).toBe('cannot');
    expect(pickShell({ ...all, asked: 'chromium', chromiumBinary: null }).kind).toBe('cannot');
    expect(pickShell({ ...all, asked: 'none' })).toEqual({ kind: 'none' });
  });

  test('a Chromium that was asked for runs without a display too', () => {
    expect(pickShell({ ...all, asked: 'chromium', hasDisplay: false })).toEqual({ kind: 'chromium', binary: '/c', headless: true });
  });
});
