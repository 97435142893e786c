/** What the glass does not do (SH-11, SH-12): menus, drags, drops, selections, zooms, browser keys, windows. The shell locks the rest. */

const PREVENTED = [
  'contextmenu',
  'dragstart',
  'dragover',
  'drop',
  'selectstart',
  'gesturestart',
  'auxclick',
  'beforeinput',
  'copy',
  'cut',
  'paste',
];

/** Keys that a person may need to reach and use what is drawn. */
const LEFT_ALONE = new Set(['Tab', 'Enter', ' ', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Shift']);

export function lockDown(target: Window): void {
  const prevent = (event: Event) => event.preventDefault();
  for (const type of PREVENTED) target.addEventListener(type, prevent, { capture: true, passive: false });

  target.addEventListener(
    'wheel',
    (event) => {
      // The device dock lies beside the kiosk's glass, on demonstration sites only, and may be longer than the window.
      if (event.ctrlKey || !(event.target as Element).closest('#dock')) event.preventDefault();
    },
    { capture: true, passive: false },
  );
  target.addEventListener(
    'touchmove',
    (event) => {
      if (event.touches.length > 1) event.preventDefault();
    },
    { capture: true, passive: false },
  );
  target.addEventListener(
    'keydown',
    (event) => {
      const chord = event.ctrlKey || event.metaKey || event.altKey;
      if (chord || !LEFT_ALONE.has(event.key)) event.preventDefault();
    },
    { capture: true },
  );
  target.open = () => null;
  // A page that comes out of the back/forward cache belongs to somebody who left.
  target.addEventListener('pageshow', (event) => {
    if (event.persisted) target.location.reload();
  });
}
