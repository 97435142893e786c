/// <reference types="vite/client" />
/** The flows there are: every folder under `flows/` with an `index.ts`. Adding a flow is adding a folder. */
import type { FlowDefinition } from '../contract/flow.ts';

const modules = import.meta.glob<{ default: unknown }>('../../flows/*/index.ts', { eager: true });

export const flows: ReadonlyMap<string, FlowDefinition> = new Map(
  Object.values(modules).map(({ default: flow }) => [(flow as FlowDefinition).id, flow as FlowDefinition]),
);
