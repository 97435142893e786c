import { createPortal, type TargetedEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useFrame } from './frame-context.ts';
import { Icon } from './icon.tsx';

type RowEvent<E extends Event> = TargetedEvent<HTMLButtonElement, E>;

export interface HeldValueProps {
  readonly field: string;
  readonly label: string;
  readonly masked: string;
}

/**
 * A personal value, masked; the full one is asked for when a finger, Space or Enter holds the row, and is gone when it lets go
 * (CH-03, T6). The page never keeps it.
 */
export function HeldValue({ field, label, masked }: HeldValueProps) {
  const { t, view, hold, release } = useFrame();
  const may = view.reveal.includes(field);

  const take = (event: RowEvent<Event>) => {
    event.currentTarget.dataset.pressed = '';
    hold(field);
  };
  const letGo = (event: RowEvent<Event>) => {
    if (event.currentTarget.dataset.pressed === undefined) return;
    delete event.currentTarget.dataset.pressed;
    release(field);
  };
  useEffect(() => () => release(field), [field]);

  const handlers = {
    onPointerDown(event: RowEvent<PointerEvent>) {
      if (!event.isPrimary || event.button !== 0) return;
      // Without the implicit capture of touch, so that a finger that slides off lets go.
      if (event.currentTarget.hasPointerCapture(event.pointerId)) event.currentTarget.releasePointerCapture(event.pointerId);
      take(event);
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onPointerLeave: letGo,
    onBlur: letGo,
    onKeyDown(event: RowEvent<KeyboardEvent>) {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      if (!event.repeat) take(event);
    },
    onKeyUp: letGo,
  };

  return (
    <button type="button" class="held" data-hold={field} aria-disabled={may ? undefined : 'true'} {...(may ? handlers : {})}>
      <span class="words">
        <span class="label">{label}</span>
        <span class="value">{masked}</span>
      </span>
      <Icon name="eye" />
      <span class="visually-hidden">{t('hold')}</span>
    </button>
  );
}

/** Rows of personal values; the one that is held is shown large over the question. */
export function HeldValues({ rows }: { readonly rows: readonly HeldValueProps[] }) {
  const { held } = useFrame();
  const list = useRef<HTMLDivElement>(null);
  const over = list.current?.closest('.body');
  const row = rows.find(({ field }) => field === held?.field);
  return (
    <div class="flows two" ref={list}>
      {rows.map((one) => (
        <HeldValue key={one.field} {...one} />
      ))}
      {held &&
        row &&
        over &&
        createPortal(
          <div class="unmasked" role="status" data-shown={row.field}>
            <span>{row.label}</span>
            <span class="value">{held.value}</span>
          </div>,
          over,
        )}
    </div>
  );
}
