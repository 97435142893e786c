import type { ComponentChildren } from 'preact';
import { useFrame } from './frame-context.ts';

/** The card slot and the card, chip up, moving the way the hand moves it (CD-04). */
export function SlotPicture({ direction, hero = false }: { readonly direction: 'in' | 'out'; readonly hero?: boolean }) {
  const { t } = useFrame();
  return (
    <svg
      class={`picture ${direction} ${hero ? 'hero' : ''}`}
      viewBox="0 0 200 150"
      role="img"
      aria-label={direction === 'in' ? t('slot') : t('slotOut')}
    >
      <g class="moving">
        <rect class="card" x="56" y="62" width="88" height="84" rx="7" />
        <rect class="chip" x="89" y="72" width="22" height="18" rx="3" />
        <path class="print-line" d="M70 104h60M70 116h60M70 128h36" stroke="var(--line)" stroke-width="4" stroke-linecap="round" />
      </g>
      <rect class="machine" x="20" y="4" width="160" height="50" rx="8" />
      <rect class="slot" x="46" y="44" width="108" height="8" rx="4" />
      {direction === 'in' ? (
        <path class="arrow" d="M172 132V78m-13 13 13-13 13 13" />
      ) : (
        <path class="arrow" d="M172 78v54m-13-13 13 13 13-13" />
      )}
    </svg>
  );
}

/** The slot beside what is said about it: in one row where the glass is wide, below each other where it is tall. */
export function Pictured({ direction, children }: { readonly direction: 'in' | 'out'; readonly children: ComponentChildren }) {
  return (
    <div class="pictured">
      <div class="told">{children}</div>
      <SlotPicture direction={direction} />
    </div>
  );
}
