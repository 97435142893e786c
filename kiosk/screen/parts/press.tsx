import type { ComponentChildren, TargetedEvent } from 'preact';
import type { Act } from '../../contract/screens.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';

type ButtonEvent<E extends Event> = TargetedEvent<HTMLButtonElement, E>;

/** Whether the finger is still on the control when it leaves the glass. */
function isInside({ currentTarget, clientX, clientY }: ButtonEvent<PointerEvent>): boolean {
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
}

/**
 * What makes a button answer a finger: shown as pressed on touch-down, done on lifting inside it (a shaking finger that slides
 * still counts), and by keyboard or assistive technology through `click`, whose `detail` is then 0.
 */
export function pressable(onPress: () => void) {
  return {
    onPointerDown(event: ButtonEvent<PointerEvent>) {
      if (!event.isPrimary || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      event.currentTarget.dataset.pressed = '';
    },
    onPointerUp(event: ButtonEvent<PointerEvent>) {
      const wasPressed = event.currentTarget.dataset.pressed !== undefined;
      delete event.currentTarget.dataset.pressed;
      if (wasPressed && isInside(event)) onPress();
    },
    onPointerCancel(event: ButtonEvent<PointerEvent>) {
      delete event.currentTarget.dataset.pressed;
    },
    onClick(event: ButtonEvent<MouseEvent>) {
      if (event.detail === 0) onPress();
    },
  };
}

export interface PressProps {
  readonly act: Act;
  readonly class?: string;
  readonly icon?: IconName | (string & {});
  readonly label: string;
  /** Spoken instead of the label, where the label alone says too little. */
  readonly spoken?: string;
  readonly current?: boolean;
  readonly lang?: string;
  readonly children?: ComponentChildren;
}

/** A control that sends one act. Without children it draws its icon and its label. */
export function Press({ act, class: className = '', icon, label, spoken, current, lang, children }: PressProps) {
  return (
    <button
      type="button"
      class={`control ${className}`}
      data-event={act.event}
      data-value={act.value}
      aria-disabled={act.taken ? undefined : 'true'}
      aria-current={current ? 'true' : undefined}
      aria-label={spoken ?? label}
      lang={lang}
      {...(act.taken ? pressable(act) : {})}
    >
      {children ?? (
        <>
          {icon && <Icon name={icon} />}
          <span class="word">{label}</span>
        </>
      )}
    </button>
  );
}
