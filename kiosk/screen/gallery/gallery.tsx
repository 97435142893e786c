/** Draws any sample without a visit: `window.gallery.draw(…)`, used by the gallery's pictures and the layout tests. */
import '../theme/theme.css';
import '../fonts.ts';
import { render } from 'preact';
import type { Lang } from '../../contract/lang.ts';
import type { Settings, View } from '../../contract/link.ts';
import { prepare, Stage } from '../stage.tsx';
import { samples } from './samples.ts';

export interface GalleryWish {
  readonly id: string;
  readonly lang: Lang;
  readonly diagonalInches: number;
  readonly settings: import('zod').infer<typeof Settings>;
}

const siteNames: Readonly<Record<Lang, string>> = { 'zh-HK': '灣仔示範服務站', 'zh-CN': '湾仔示范自助机', en: 'Wan Chai Demonstration' };

const gallery = {
  ids: samples.map(({ id }) => id),
  /** Resolves when the screen is drawn with its own type faces. */
  async draw({ id, lang, diagonalInches, settings }: GalleryWish): Promise<void> {
    const sample = samples.find((one) => one.id === id)!;
    const view: View = {
      seq: 1,
      screen: sample.screen,
      module: sample.module,
      lang,
      langs: ['zh-HK', 'zh-CN', 'en'],
      props: sample.props,
      can: [...sample.can],
      reveal: [...sample.reveal],
      timers: [],
      settings,
      personal: false,
      site: { name: siteNames[lang], panel: { diagonalInches }, demo: true },
    };
    const nothing = () => {};
    const root = document.getElementById('stage')!;
    await prepare(view);
    document.documentElement.lang = lang;
    render(null, root);
    // First as it was before the finger came, as it always is.
    for (const held of sample.held ? [null, sample.held] : [null]) {
      render(
        <Stage
          drawn={{ view, held }}
          sender={{ send: nothing, hold: nothing, release: nothing }}
          width={root.clientWidth}
          height={root.clientHeight}
        />,
        root,
      );
    }
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  },
};

export type Gallery = typeof gallery;

declare global {
  interface Window {
    gallery: Gallery;
  }
}
window.gallery = gallery;
