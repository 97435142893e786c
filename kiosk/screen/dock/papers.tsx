import { useEffect, useRef } from 'preact/hooks';
import type { SimState } from '../../../firmware-bridge/protocol.ts';
import type { DockLink } from './link.ts';

type Paper = import('zod').infer<typeof SimState>['papers'][number];

/** The paper that came out, newest first, as pictures; what is newer than `seen` is brought into sight. */
export function Papers(given: { readonly papers: readonly Paper[]; readonly seen: string | undefined; readonly link: DockLink }) {
  const { papers, seen, link } = given;
  return (
    <div class="dock-papers">
      {papers.toReversed().map(({ id }, age) => (
        <PaperPicture key={id} id={id} fresh={age === 0 && id !== seen} link={link} />
      ))}
    </div>
  );
}

function PaperPicture({ id, fresh, link }: { readonly id: string; readonly fresh: boolean; readonly link: DockLink }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    void (async () => {
      const answer = await link.ask('paper', { id });
      if (answer.kind === 'none' || !canvas.current) return;
      const bytes = Uint8Array.from(atob(answer.base64), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      if (!canvas.current) return;
      canvas.current.width = picture.width;
      canvas.current.height = picture.height;
      canvas.current.getContext('2d')!.drawImage(picture, 0, 0);
      if (fresh) canvas.current.scrollIntoView({ block: 'nearest' });
    })();
  }, [id]);
  return <canvas ref={canvas} data-paper={id} role="img" aria-label="Paper that came out of the printer" />;
}
