import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useFrame } from './frame-context.ts';
import { Icon } from './icon.tsx';
import { pressable } from './press.tsx';

/** How much air the content may have around it; the most that still fits on one page is taken. */
const ROOM = [1, 0.7, 0.4, 0.2, 0] as const;

interface Pages {
  readonly count: number;
  readonly now: number;
}

/**
 * Shows its content whole where it fits, with room around it where there is some, else page by page with "More": nothing is ever cut off and nothing scrolls (SH-10).
 * The pages are columns as wide as the window, so that any content breaks between its items.
 */
export function Paged({ children }: { readonly children: ComponentChildren }) {
  const { t } = useFrame();
  const box = useRef<HTMLDivElement>(null);
  const leaf = useRef<HTMLDivElement>(null);
  const [pages, setPages] = useState<Pages>({ count: 1, now: 0 });

  const measure = () => {
    const count = countPages(box.current!, leaf.current!);
    setPages((before) => (before.count === count ? before : { count, now: Math.min(before.now, count - 1) }));
  };

  // After every drawing: the texts, the text size or a held value may have changed what fits.
  useLayoutEffect(measure);
  useLayoutEffect(() => {
    const resized = new ResizeObserver(measure);
    resized.observe(box.current!);
    document.fonts.addEventListener('loadingdone', measure);
    return () => {
      resized.disconnect();
      document.fonts.removeEventListener('loadingdone', measure);
    };
  }, []);

  const turn = (by: number) => setPages(({ count, now }) => ({ count, now: Math.max(0, Math.min(count - 1, now + by)) }));

  return (
    <div class="pages" ref={box} style={{ '--page': pages.now }}>
      <div class="leaf-window">
        <div
          class="leaf"
          ref={leaf}
          onFocusIn={(event) => {
            const page = pageOf(leaf.current!, event.target as Element);
            setPages((before) => (before.now === page ? before : { ...before, now: Math.max(0, Math.min(before.count - 1, page)) }));
          }}
        >
          {children}
        </div>
      </div>
      <nav class="pager" aria-label={t('more')}>
        <TurnButton name="previous" icon="chevron-up" enabled={pages.now > 0} onPress={() => turn(-1)} />
        <span class="number" role="status" aria-label={t('pageOf', { page: pages.now + 1, pages: pages.count })}>
          {pages.now + 1}/{pages.count}
        </span>
        <TurnButton name="more" icon="chevron-down" enabled={pages.now < pages.count - 1} onPress={() => turn(1)} />
      </nav>
    </div>
  );
}

function TurnButton(given: { name: 'previous' | 'more'; icon: 'chevron-up' | 'chevron-down'; enabled: boolean; onPress: () => void }) {
  const { t } = useFrame();
  return (
    <button
      type="button"
      class={`control stacked ${given.name === 'more' && given.enabled ? 'strong' : ''}`}
      data-turn={given.name}
      aria-label={t(given.name)}
      aria-disabled={given.enabled ? undefined : 'true'}
      {...(given.enabled ? pressable(given.onPress) : {})}
    >
      <Icon name={given.icon} />
    </button>
  );
}

function gapOf(leaf: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(leaf).columnGap) || 0;
}

/** How many pages the content needs. Leaves the box in the layout that it counted for: with the most air that fits. */
function countPages(box: HTMLElement, leaf: HTMLElement): number {
  delete box.dataset.paged;
  const window = leaf.parentElement!;
  const { paddingTop, paddingBottom } = getComputedStyle(window);
  const heightPx = window.clientHeight - Number.parseFloat(paddingTop) - Number.parseFloat(paddingBottom);
  for (const room of ROOM) {
    box.style.setProperty('--room', `${room}`);
    // Half a pixel of rounding is not worth a page.
    if (leaf.getBoundingClientRect().height <= heightPx + 0.5) return 1;
  }
  box.dataset.paged = '';
  const gap = gapOf(leaf);
  return Math.max(1, Math.round((leaf.scrollWidth + gap) / (leaf.clientWidth + gap)));
}

function pageOf(leaf: HTMLElement, inside: Element): number {
  const from = leaf.getBoundingClientRect();
  return Math.floor((inside.getBoundingClientRect().left - from.left + 1) / (leaf.clientWidth + gapOf(leaf)));
}
