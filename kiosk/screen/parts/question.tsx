import type { ComponentChildren } from 'preact';
import type { Act } from '../../contract/screens.ts';
import { BottomBar, TopBar } from './bars.tsx';
import type { IconName } from './icons.ts';
import { Paged } from './paged.tsx';
import { Press } from './press.tsx';

export interface QuestionProps {
  readonly title: string;
  /** A few words beside the title. */
  readonly hint?: string;
  readonly children?: ComponentChildren;
  /** The answers that settle the question; always in sight, however long the rest is. */
  readonly answers?: ComponentChildren;
  readonly back?: Act;
  /** The one main action. */
  readonly main?: { readonly act: Act; readonly label: string; readonly icon?: IconName };
}

/** One question a screen: what is asked, what there is to see, the answers, the way back and the way out. */
export function Question({ title, hint, children, answers, back, main }: QuestionProps) {
  return (
    <>
      <TopBar />
      <main class="body">
        <Paged>
          <div class="asked">
            <h1>{title}</h1>
            {hint && <p>{hint}</p>}
          </div>
          {children}
        </Paged>
        {answers && <div class="answers">{answers}</div>}
      </main>
      <BottomBar back={back} main={main} />
    </>
  );
}

/** A big answer. Answers that stand beside each other are drawn alike: neither is the easy one. A lone one is `strong`. */
export function Answer(given: { readonly act: Act; readonly label: string; readonly icon: IconName; readonly strong?: boolean }) {
  return <Press act={given.act} class={given.strong ? 'strong' : ''} icon={given.icon} label={given.label} />;
}

/** Tiles to choose from, two beside each other where there is room. */
export function Choices({ children }: { readonly children: ComponentChildren }) {
  return <div class="flows two">{children}</div>;
}

export function Choice({ act, icon, label }: { readonly act: Act; readonly icon?: IconName | (string & {}); readonly label: string }) {
  return <Press act={act} class="choice" icon={icon} label={label} />;
}
