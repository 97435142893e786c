/**
 * The page's end of the link: redeems the ticket, keeps the sealed WebSocket, and decides what the glass may show. It knows three
 * situations: `live` with a view; `calm`, which shows nothing of anybody; `refused`, where this page has no business.
 */
import type { Down, TicketAnswer, Up, View } from '../../contract/link.ts';
import { LINK_TIMES } from '../../contract/link-constants.ts';
import { agree, newKeyPair, type Sealed, ticketSalt } from './seal.ts';
import { dropSecret, keepSecret, keptSecret } from './secret.ts';

export type Situation =
  | { readonly kind: 'calm' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'live'; readonly view: View; readonly held: { readonly field: string; readonly value: string } | null };

type DownMessage = import('zod').infer<typeof Down>;
type UpMessage = import('zod').infer<typeof Up>;
type Answer = import('zod').infer<typeof TicketAnswer>;
type Welcome = Extract<Answer, { kind: 'welcome' }>;
type Successor = NonNullable<Welcome['successor']>;

/** How long one attempt to reach the visit or its successor may take. */
const ATTEMPT_MS = 400;
/** What the page may be sent to, whoever says so: another visit of this machine, or its front door. */
const VISIT_ADDRESS = /^http:\/\/v[0-9a-f]{16}\.localhost:\d{1,5}\/$/;
const FRONT_DOOR_ADDRESS = /^http:\/\/localhost:\d{1,5}\/$/;
const DOCK_ADDRESS = /^ws:\/\/localhost:\d{1,5}\/dock\/[\w-]+$/;
/** A visit sends its first frame at once. */
const FIRST_FRAME_MS = 1_000;
const RETRY_MS = 100;
const FRONT_DOOR_POLL_MS = 500;
/** A control that got no answer can be used again after this long. */
const ACT_ANSWERED_WITHIN_MS = 2_000;
const PRESENT_EVERY_MS = 1_000;

export interface LinkClient {
  readonly act: (event: Readonly<Record<string, unknown>> & { readonly type: string }, seq: number) => void;
  readonly hold: (field: string) => void;
  readonly release: (field: string) => void;
  readonly present: () => void;
}

export interface LinkOptions {
  readonly ticket: string | null;
  /** Called with each change, in order; resolves when it is on the glass. */
  readonly show: (situation: Situation) => void | Promise<void>;
  readonly onDock: (address: string) => void;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens the link and keeps it until the visit is over; then the page is somewhere else. */
export function openLink({ ticket, show, onDock }: LinkOptions): LinkClient {
  let socket: WebSocket | null = null;
  let sealed: Sealed | null = null;
  let successor: Successor | null = null;
  let frontDoor: string | null = null;
  let view: View | null = null;
  let held: { field: string; value: string } | null = null;
  let holding: { field: string; timer: number } | null = null;
  let actSentAt: number | null = null;
  let presentSentAt = Number.NEGATIVE_INFINITY;
  let heardAt = performance.now();
  let blanked = false;
  let leaving = false;
  let sends = Promise.resolve();

  const draw = () => {
    if (leaving) return undefined;
    return show(view && !blanked && socket ? { kind: 'live', view, held } : { kind: 'calm' });
  };

  const hidePersonal = () => {
    held = null;
    if (holding) clearTimeout(holding.timer);
    holding = null;
  };

  const send = (message: UpMessage) => {
    const [to, by] = [socket, sealed];
    if (!to || !by) return;
    sends = sends.then(async () => {
      const frame = await by.seal(message);
      if (to.readyState === WebSocket.OPEN) to.send(frame);
    });
  };

  const take = async (message: DownMessage) => {
    heardAt = performance.now();
    if (blanked) {
      blanked = false;
      await draw();
    }
    if (message.kind === 'beat') {
      send({ kind: 'beat', n: message.n });
    } else if (message.kind === 'view') {
      view = message.view;
      actSentAt = null;
      if (held && !view.reveal.includes(held.field)) hidePersonal();
      await draw();
    } else if (message.kind === 'held') {
      // A value that arrives after the finger let go is not shown.
      held = message.value !== null && holding?.field === message.field ? { field: message.field, value: message.value } : null;
      await draw();
    } else if (message.kind === 'successor') {
      if (VISIT_ADDRESS.test(message.successor.address)) successor = message.successor;
    } else if (message.kind === 'go') {
      await leave();
    }
  };

  /** Believes what came with a link, now that its first frame has shown that it is our visit's. */
  const believe = (welcome: Welcome) => {
    if (welcome.successor && VISIT_ADDRESS.test(welcome.successor.address)) successor = welcome.successor;
    if (welcome.frontDoor && FRONT_DOOR_ADDRESS.test(welcome.frontDoor)) frontDoor = welcome.frontDoor;
    if (welcome.dock && DOCK_ADDRESS.test(welcome.dock)) onDock(welcome.dock);
  };

  /** One attempt: the ticket or the cookie, then the socket, then its first frame. `stranger`: somebody, but not our visit. */
  const connect = async (withTicket: string | null): Promise<'open' | 'refused' | 'failed' | 'stranger'> => {
    try {
      const salt = withTicket === null ? keptSecret() : await ticketSalt(withTicket);
      const { pair, publicKey } = await newKeyPair();
      const answer = (await (
        await fetch('/ticket', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ticket: withTicket, publicKey }),
          signal: AbortSignal.timeout(withTicket === null ? ATTEMPT_MS : 5_000),
        })
      ).json()) as Answer;
      if (answer.kind === 'refused' || salt === null) return 'refused';
      const { sealed: keys, again } = await agree(pair, answer.publicKey, salt);
      if (withTicket !== null) keepSecret(again);
      const opened = await openSocket(`ws://${location.host}/link?k=${encodeURIComponent(answer.link)}`);
      if (!opened) return 'failed';
      return await listen(opened, keys, answer);
    } catch {
      return 'failed';
    }
  };

  const listen = (opened: WebSocket, keys: Sealed, welcome: Welcome) =>
    new Promise<'open' | 'failed' | 'stranger'>((resolve) => {
      let trust: 'not-yet' | 'ours' | 'never' = 'not-yet';
      const giveUp = setTimeout(() => opened.close(), FIRST_FRAME_MS);
      let frames = Promise.resolve();
      opened.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        frames = frames.then(async () => {
          if (trust === 'never' || (trust === 'ours' && socket !== opened)) return;
          try {
            const message = (await keys.open(data)) as DownMessage;
            if (trust === 'not-yet') {
              trust = 'ours';
              clearTimeout(giveUp);
              [socket, sealed, heardAt] = [opened, keys, performance.now()];
              believe(welcome);
              resolve('open');
            }
            await take(message);
          } catch {
            // Not from our visit, or not in order: this link cannot be trusted any more.
            if (trust === 'not-yet') trust = 'never';
            resolve('stranger');
            opened.close();
          }
        });
      };
      opened.onclose = () => {
        clearTimeout(giveUp);
        void frames.then(() => {
          resolve('failed');
          return lost(opened);
        });
      };
    });

  const lost = async (which: WebSocket) => {
    if (socket !== which || leaving) return;
    socket = null;
    sealed = null;
    hidePersonal();
    await draw();
    const since = performance.now();
    while (performance.now() - since < LINK_TIMES.pageLeavesAfterMs) {
      const outcome = await connect(null);
      if (outcome === 'open') return;
      if (outcome === 'stranger') break;
      await pause(RETRY_MS);
    }
    await leave();
  };

  /** Clears the glass and goes to the next visit, or to the front door where that is all there is. */
  const leave = async () => {
    if (leaving) return;
    view = null;
    hidePersonal();
    await draw();
    leaving = true;
    socket?.close();
    dropSecret();
    if (successor && (frontDoor === null || (await answers(successor.address, '/alive')))) {
      location.replace(`${successor.address}#t=${successor.ticket}`);
      return;
    }
    while (frontDoor !== null) {
      if (await answers(frontDoor, '/healthz')) {
        location.replace(frontDoor);
        return;
      }
      await pause(FRONT_DOOR_POLL_MS);
    }
  };

  setInterval(() => {
    if (!socket || blanked || performance.now() - heardAt < LINK_TIMES.pageBlanksAfterMs) return;
    blanked = true;
    hidePersonal();
    void draw();
  }, 250);

  void (async () => {
    const since = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      // A ticket serves once: if its answer was lost, the cookie came with it.
      const outcome = await connect(attempt === 0 ? ticket : null);
      if (outcome === 'open') return;
      const late = performance.now() - since > LINK_TIMES.pageLeavesAfterMs;
      // After a reload the page's own last socket may count as a live screen for a moment.
      if (outcome === 'stranger' || (outcome === 'refused' && (ticket !== null || late))) return void show({ kind: 'refused' });
      if (late && (successor || frontDoor)) return void (await leave());
      await pause(RETRY_MS);
    }
  })();

  const release = (field: string) => {
    if (holding?.field !== field) return;
    hidePersonal();
    send({ kind: 'release', field });
    void draw();
  };

  return {
    act(event, seq) {
      const now = performance.now();
      if (actSentAt !== null && now - actSentAt < ACT_ANSWERED_WITHIN_MS) return;
      actSentAt = now;
      send({ kind: 'act', seq, event });
    },
    hold(field) {
      if (holding) release(holding.field);
      holding = { field, timer: window.setTimeout(() => release(field), LINK_TIMES.heldForMs) };
      send({ kind: 'hold', field });
    },
    release,
    present() {
      const now = performance.now();
      if (now - presentSentAt < PRESENT_EVERY_MS) return;
      presentSentAt = now;
      send({ kind: 'present' });
    },
  };
}

/** Whether anybody answers there; what they say is not looked at. */
async function answers(address: string, path: string): Promise<boolean> {
  try {
    const url = new URL(path, address);
    await fetch(url, { mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(ATTEMPT_MS) });
    return true;
  } catch {
    return false;
  }
}

function openSocket(url: string): Promise<WebSocket | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const giveUp = setTimeout(() => socket.close(), ATTEMPT_MS);
    socket.onopen = () => {
      clearTimeout(giveUp);
      resolve(socket);
    };
    socket.onclose = () => {
      clearTimeout(giveUp);
      resolve(null);
    };
  });
}
