/** Picks the window: Electron where its binary is there, else the system's Chromium, else none and the address is printed. */
export type ShellKind = 'electron' | 'chromium' | 'none';

export type ShellChoice =
  | { readonly kind: 'electron'; readonly binary: string; readonly headless: false }
  | { readonly kind: 'chromium'; readonly binary: string; readonly headless: boolean }
  | { readonly kind: 'none' }
  /** What was asked for cannot be had on this machine. */
  | { readonly kind: 'cannot'; readonly complaint: string };

export interface ShellGiven {
  /** `--shell`, or null to take the best there is. */
  readonly asked: ShellKind | null;
  readonly hasDisplay: boolean;
  readonly electronBinary: string | null;
  readonly chromiumBinary: string | null;
}

/** A shell that was asked for is never silently another one; only without a display a Chromium that was asked for runs headless. */
export function pickShell({ asked, hasDisplay, electronBinary, chromiumBinary }: ShellGiven): ShellChoice {
  switch (asked) {
    case 'none':
      return { kind: 'none' };
    case 'electron':
      if (!electronBinary)
        return {
          kind: 'cannot',
          complaint: 'Electron has no binary here (npx install-electron fetches it); --shell=chromium shows the same',
        };
      if (!hasDisplay)
        return { kind: 'cannot', complaint: 'Electron needs a display (DISPLAY or WAYLAND_DISPLAY); --shell=none prints the address' };
      return { kind: 'electron', binary: electronBinary, headless: false };
    case 'chromium':
      if (!chromiumBinary)
        return { kind: 'cannot', complaint: 'there is no Chromium here (apt-get install chromium); --shell=none prints the address' };
      return { kind: 'chromium', binary: chromiumBinary, headless: !hasDisplay };
    case null:
      if (!hasDisplay) return { kind: 'none' };
      if (electronBinary) return { kind: 'electron', binary: electronBinary, headless: false };
      if (chromiumBinary) return { kind: 'chromium', binary: chromiumBinary, headless: false };
      return { kind: 'none' };
  }
}
