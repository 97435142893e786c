/** What may import what (architecture §2). The first rule that fits a file is the one for it. */
import type { Source } from './sources.ts';

interface Rule {
  readonly who: string;
  readonly fits: RegExp;
  /** What it may import of this project, besides its own folder's files (`own`). */
  readonly may: readonly RegExp[];
  readonly own: RegExp;
  /** Packages it may not import; everything else of the lock file it may. */
  readonly notPackages?: RegExp;
  /** Where it may use nothing but these packages. */
  readonly onlyPackages?: RegExp;
}

const CONTRACT = /^kiosk\/contract\//;
const BRIDGE_OUTSIDE = /^firmware-bridge\/(protocol|rpc)\.ts$/;
const NATIVE = /^(sqlite3|knex|pg|pcsclite|node-hid|electron)(\/|$)/;
const NODE_IO = /^node:(fs|net|http|https|child_process|dgram|tls)/;
const nothing = /^$/;
/** Only for the names of its keys: the texts themselves are loaded by language. */
const TEXT_KEYS = /^locales\/en\/[^/]+\.json$/;

export const RULES: readonly Rule[] = [
  { who: 'the contract', fits: CONTRACT, own: CONTRACT, may: [], onlyPackages: /^(zod|xstate|preact)(\/|$)/ },
  {
    who: 'the bridge',
    fits: /^firmware-bridge\//,
    own: /^firmware-bridge\//,
    may: [],
    notPackages: /^(knex|sqlite3|pg|xstate|preact|electron)(\/|$)/,
  },
  {
    who: 'what flows share',
    fits: /^flows\/shared\//,
    own: /^flows\/shared\//,
    may: [CONTRACT],
    notPackages: new RegExp(`${NATIVE.source}|${NODE_IO.source}`),
  },
  {
    who: 'the screens of a flow',
    fits: /^flows\/[^/]+\/screens\.tsx$/,
    own: nothing,
    may: [CONTRACT, TEXT_KEYS, /^flows\/shared\//, /^kiosk\/screen\/parts\//],
    onlyPackages: /^(preact|zod)(\/|$)/,
  },
  {
    who: 'a flow',
    fits: /^flows\/[^/]+\/[^/]+\.ts$/,
    own: nothing,
    may: [CONTRACT, /^flows\/shared\//],
    notPackages: new RegExp(`${NATIVE.source}|${NODE_IO.source}|^preact`),
  },
  {
    who: 'the gallery',
    fits: /^kiosk\/screen\/gallery\//,
    own: /^kiosk\/screen\//,
    may: [CONTRACT, /^flows\/[^/]+\/(schema\.ts|screens\.tsx)$/, /^kiosk\/paper\//],
    notPackages: NATIVE,
  },
  {
    who: 'the dock',
    fits: /^kiosk\/screen\/dock\//,
    own: /^kiosk\/screen\//,
    may: [CONTRACT, /^firmware-bridge\/protocol\.ts$/],
    notPackages: NATIVE,
  },
  {
    who: 'the page',
    fits: /^kiosk\/screen\//,
    own: /^kiosk\/screen\//,
    may: [CONTRACT, TEXT_KEYS, /^flows\/[^/]+\/screens\.tsx$/, /^flows\/shared\//],
    notPackages: new RegExp(`${NATIVE.source}|^(xstate|fastify|ws|vscode-jsonrpc|pino)(/|$)`),
  },
  { who: 'the paper', fits: /^kiosk\/paper\//, own: /^kiosk\/paper\//, may: [CONTRACT, /^flows\/shared\//], notPackages: NATIVE },
  {
    who: 'the visit',
    fits: /^kiosk\/visit\//,
    own: /^kiosk\/visit\//,
    may: [CONTRACT, BRIDGE_OUTSIDE, /^flows\//, /^kiosk\/(store|audit|paper|config)\//, /^kiosk\/host\/(protocol|loopback)\.ts$/],
    notPackages: /^(pcsclite|node-hid|electron|preact)(\/|$)/,
  },
  {
    who: 'the host',
    fits: /^kiosk\/host\//,
    own: /^kiosk\/host\//,
    may: [CONTRACT, BRIDGE_OUTSIDE, /^kiosk\/(config|audit)\//],
    notPackages: /^(knex|sqlite3|pg|pcsclite|node-hid|electron|preact|xstate)(\/|$)/,
  },
  {
    who: 'the shell',
    fits: /^kiosk\/shell\//,
    own: /^kiosk\/shell\//,
    may: [CONTRACT, BRIDGE_OUTSIDE, /^kiosk\/host\/protocol\.ts$/],
    notPackages: /^(knex|sqlite3|pg|pcsclite|node-hid|xstate|fastify)(\/|$)/,
  },
  {
    who: 'the supervisor',
    fits: /^kiosk\/supervisor\//,
    own: /^kiosk\/supervisor\//,
    may: [
      BRIDGE_OUTSIDE,
      /^firmware-bridge\/(simulators\/)?config\.ts$/,
      /^kiosk\/config\//,
      /^kiosk\/host\/protocol\.ts$/,
      /^kiosk\/shell\/(launch|protocol)\.ts$/,
    ],
    notPackages: NATIVE,
  },
  { who: 'the store', fits: /^kiosk\/store\//, own: /^kiosk\/store\//, may: [CONTRACT, /^kiosk\/config\//] },
  {
    who: 'the audit',
    fits: /^kiosk\/audit\//,
    own: /^kiosk\/audit\//,
    may: [CONTRACT, /^kiosk\/(store|config)\//, /^kiosk\/host\/heads\.ts$/],
  },
  {
    who: 'the site configuration',
    fits: /^kiosk\/config\//,
    own: /^kiosk\/config\//,
    may: [CONTRACT, /^firmware-bridge\/(protocol|config)\.ts$/],
    notPackages: NATIVE,
  },
  { who: 'set-up', fits: /^kiosk\/setup\//, own: /^kiosk\/setup\//, may: [], onlyPackages: /^(node:|vite$|rolldown)/ },
];

/** One sentence for each import that no rule allows. */
export function complaints({ path, imports }: Source): string[] {
  const rule = RULES.find(({ fits }) => fits.test(path));
  if (!rule) return [`${path}: no rule says what it may import`];
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return imports.flatMap((wanted) => {
    const internal = /^(kiosk|firmware-bridge|flows|locales|config|tests)\//.test(wanted);
    if (internal) {
      const sameFlow = /^flows\//.test(path) && wanted.startsWith(folder);
      return sameFlow || rule.own.test(wanted) || rule.may.some((one) => one.test(wanted))
        ? []
        : [`${path}: ${rule.who} may not import ${wanted}`];
    }
    const builtin = wanted.startsWith('node:');
    const refused = (rule.onlyPackages && !rule.onlyPackages.test(wanted)) || rule.notPackages?.test(wanted);
    return refused && !(builtin && !rule.notPackages?.test(wanted) && !rule.onlyPackages)
      ? [`${path}: ${rule.who} may not import ${wanted}`]
      : [];
  });
}
