import { existsSync } from 'node:fs';

/** The three panels that every screen is drawn for (experience: screens). */
export const PANELS = [
  { name: 'counter', width: 1024, height: 768, diagonalInches: 10.4 },
  { name: 'desk', width: 1920, height: 1080, diagonalInches: 15.6 },
  { name: 'floor', width: 1080, height: 1920, diagonalInches: 32 },
] as const;

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The system's Chromium; playwright-core brings none. */
export function chromiumPath(): string | undefined {
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
}
