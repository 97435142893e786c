/** Draws one view: the theme and sizes of the stage, the frame's knowledge, and the screen that the view names. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { View } from '../contract/link.ts';
import type { Act, ScreenGiven } from '../contract/screens.ts';
import { type Frame, FrameContext } from './parts/frame-context.ts';
import { loadTexts, textIn } from './texts.ts';
import { stageSize, TEXT_SCALES } from './theme/size.ts';
import { themeVariables } from './theme/tokens.ts';
import { type FlowTitles, screens as visitScreens } from './visit/screens.tsx';

type DrawScreen = (given: Record<string, unknown> & ScreenGiven & FlowTitles) => ComponentChildren;
type ScreensModule = { readonly screens: Readonly<Record<string, DrawScreen>> };

const flowModules = import.meta.glob<ScreensModule>('../../flows/*/screens.tsx');
const loaded = new Map<string, ScreensModule['screens']>([['visit', visitScreens as unknown as ScreensModule['screens']]]);

/** What the page can tell its visit. */
export interface Sender {
  readonly send: (event: Readonly<Record<string, unknown>> & { readonly type: string }, seq: number) => void;
  readonly hold: (field: string) => void;
  readonly release: (field: string) => void;
}

export interface Drawn {
  readonly view: View;
  readonly held: { readonly field: string; readonly value: string } | null;
}

function tileFlows(view: View): string[] {
  const tiles = view.props['tiles'];
  return Array.isArray(tiles) ? tiles.map(({ flow }: { flow: string }) => flow) : [];
}

/** Fetches what this view needs before it can be drawn. */
export async function prepare(view: View): Promise<void> {
  const attract = view.screen === 'visit.attract';
  await Promise.all([
    loadTexts([view.lang], ['common', 'visit', view.module, ...tileFlows(view)]),
    attract ? loadTexts(view.langs, ['visit', ...tileFlows(view)]) : null,
    loadModule(view.module),
  ]);
}

async function loadModule(id: string): Promise<void> {
  const load = flowModules[`../../flows/${id}/screens.tsx`];
  if (!loaded.has(id) && load) loaded.set(id, (await load()).screens);
}

/** Fetches all screens, so that the next view is drawn at once. */
export async function prepareAll(): Promise<void> {
  const ids = Object.keys(flowModules).map((path) => path.split('/').at(-2)!);
  await Promise.all(ids.map(loadModule));
}

const LAST_STEPS = new Set(['visit.take-card', 'visit.printing', 'visit.paper-problem', 'visit.paper-question', 'visit.done']);

function placeOf({ module, screen, lang, site }: View): string {
  if (module !== 'visit') return textIn(lang, module, 'place');
  if (screen === 'visit.attract') return site.name;
  if (screen === 'visit.menu') return textIn(lang, 'visit', 'place.menu');
  return textIn(lang, 'visit', LAST_STEPS.has(screen) ? 'place.lastSteps' : 'place.visit');
}

function frameOf({ view, held }: Drawn, sender: Sender): Frame {
  const act = (type: string, payload: Readonly<Record<string, unknown>> = {}): Act => {
    const [value] = Object.values(payload);
    const send = () => sender.send({ type, ...payload }, view.seq);
    return Object.assign(send, { event: type, value: value === undefined ? undefined : String(value), taken: view.can.includes(type) });
  };
  return {
    view,
    t: (key, values) => textIn(view.lang, 'common', key, values),
    act,
    place: placeOf(view),
    held,
    hold: sender.hold,
    release: sender.release,
  };
}

/** The part of `#stage` that fills itself with the view; knows its own size in millimetres. */
export function Stage({ drawn, sender, width, height }: { drawn: Drawn; sender: Sender; width: number; height: number }) {
  const { view } = drawn;
  const frame = frameOf(drawn, sender);
  const { pxPerMm, fontMm } = stageSize(width, height, view.site.panel.diagonalInches);
  const key = view.screen.slice(view.screen.indexOf('.') + 1);
  const Screen = loaded.get(view.module)?.[key];
  return (
    <div
      class="stage"
      lang={view.lang}
      data-contrast={view.settings.contrast}
      style={{
        '--mm': `${pxPerMm}px`,
        '--font': fontMm,
        '--scale': TEXT_SCALES[view.settings.textSize],
        ...themeVariables(view.settings.contrast),
      }}
    >
      <div class="screen" data-screen={view.screen} data-seq={view.seq} key={view.screen}>
        <FrameContext.Provider value={frame}>
          {Screen?.({
            ...view.props,
            lang: view.lang,
            act: frame.act,
            can: (type: string) => view.can.includes(type),
            t: (textKey: string, values?: Readonly<Record<string, unknown>>) => textIn(view.lang, view.module, textKey, values),
            flowTitle: (flow: string) => textIn(view.lang, flow, 'title'),
          })}
        </FrameContext.Provider>
      </div>
    </div>
  );
}

/** The size of the element that the stage fills, kept up to date. */
export function useSize(element: HTMLElement): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: element.clientWidth, height: element.clientHeight });
  useEffect(() => {
    const watch = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, [element]);
  return size;
}
