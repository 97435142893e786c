import nodes from 'lucide-static/icon-nodes.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { icons } from './icons.ts';

test.each(Object.entries(icons))('the icon %s is drawn as the icon set draws it', (name, drawn) => {
  expect(drawn).toEqual((nodes as Record<string, unknown>)[name]);
});
