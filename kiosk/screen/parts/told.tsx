import type { ComponentChildren } from 'preact';
import { toGrouped } from '../../../flows/shared/format.ts';
import type { Act } from '../../contract/screens.ts';
import { useFrame } from './frame-context.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';
import { Question, type QuestionProps } from './question.tsx';

export interface Line {
  readonly icon: IconName;
  readonly text: string;
}

/** Short sentences, one a line, each with its sign. */
export function Lines({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <div class="lines">
      {lines.map(({ icon, text }) => (
        <p key={text} class="line">
          <Icon name={icon} />
          <span>{text}</span>
        </p>
      ))}
    </div>
  );
}

/** A sentence that must be noticed, in neutral colours. */
export function Notice({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="notice" role="status">
      {children}
    </div>
  );
}

export interface FaultWords {
  /** What happened, what is safe, what to do now, who helps. */
  readonly happened: string;
  readonly safe: string;
  readonly next: string;
  readonly helps: string;
  /** For staff, and said to be; last. "" for none. */
  readonly reference?: string;
}

/** A fault in neutral colours: what happened, what is safe, what to do now, who helps. */
export function Fault({ words, ...question }: { readonly words: FaultWords } & Omit<QuestionProps, 'title' | 'children'>) {
  const { t } = useFrame();
  return (
    <Question title={words.happened} {...question}>
      <div class="notice edge" role="alert">
        <Lines
          lines={[
            { icon: 'arrow-right', text: words.next },
            { icon: 'shield-check', text: words.safe },
            { icon: 'user-round', text: words.helps },
          ]}
        />
      </div>
      {words.reference ? <p class="reference">{t('forStaff', { reference: words.reference })}</p> : null}
    </Question>
  );
}

/** Something takes longer than a moment: what is happening, and what there is to read meanwhile. */
export function Waiting({ title, children, back }: { readonly title: string; readonly children?: ComponentChildren; readonly back?: Act }) {
  return (
    <Question title={title} back={back}>
      <span class="working" role="progressbar" aria-label={title}>
        <i />
      </span>
      {children}
    </Question>
  );
}

/** A number that a person may have to copy by hand. */
export function BigNumber({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <dl class="big-number">
      <dt>{label}</dt>
      <dd>{toGrouped(value)}</dd>
    </dl>
  );
}
