import { h } from 'preact';
import { type IconName, icons } from './icons.ts';

/** Draws one icon of the set. A name from outside the set (a flow's own) is drawn as a sheet of paper. */
export function Icon({ name }: { readonly name: IconName | (string & {}) }) {
  const nodes = name in icons ? icons[name as IconName] : icons['file-text'];
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {nodes.map(([tag, attributes]) => h(tag, { ...attributes, key: JSON.stringify(attributes) }))}
    </svg>
  );
}
