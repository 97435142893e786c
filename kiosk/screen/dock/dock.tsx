/** The device dock: a drawer beside the kiosk's screen on demonstration sites, where the simulated devices are handled. */
import './dock.css';
import { render } from 'preact';
import { useRef } from 'preact/hooks';
import type { SimCommand, SimState } from '../../../firmware-bridge/protocol.ts';
import { type Alert, connectDock, type DockLink } from './link.ts';
import { Papers } from './papers.tsx';

type State = import('zod').infer<typeof SimState>;
type Command = import('zod').input<typeof SimCommand>;

/** Opens the drawer in `element` and keeps it showing what the simulators say. */
export function startDock(element: HTMLElement, address: string): void {
  let open = innerWidth / innerHeight >= 1.5;
  let state: State | null = null;
  let refused = '';
  let alert: Alert = null;

  const draw = () => {
    element.hidden = false;
    document.body.dataset['drawer'] = open ? 'open' : 'closed';
    render(<Dock state={state} alert={alert} refused={refused} open={open} link={link} toggle={toggle} act={act} />, element);
  };
  const toggle = () => {
    open = !open;
    draw();
  };
  const link = connectDock(
    address,
    (next) => {
      state = next;
      draw();
    },
    (why) => {
      alert = why;
      draw();
    },
  );
  const act = async (command: Command) => {
    const result = await link.ask('do', command);
    refused = result.kind === 'refused' ? result.why : '';
    if (result.kind === 'done') state = result.state;
    draw();
  };
  const measure = () => {
    document.body.style.setProperty('--window-width', `${innerWidth}`);
    document.body.style.setProperty('--window-height', `${innerHeight}`);
  };
  addEventListener('resize', measure);
  measure();
  draw();
}

interface DockProps {
  readonly state: State | null;
  readonly refused: string;
  /** What the lamp at the counter is lit for. */
  readonly alert: Alert;
  readonly open: boolean;
  readonly link: DockLink;
  readonly toggle: () => void;
  readonly act: (command: Command) => Promise<void>;
}

const CALLS = { 'card-left': 'Staff: a card was left in the slot', paper: 'Staff: somebody waits for paper' };

function Dock({ state, alert, refused, open, link, toggle, act }: DockProps) {
  const switchDrawer = (
    <button type="button" class="dock-toggle" aria-expanded={open} onClick={toggle}>
      {open ? 'Hide' : 'Devices'}
    </button>
  );
  if (!open) return switchDrawer;
  return (
    <div class="dock-drawer" lang="en">
      <header>
        <h2>Device dock</h2>
        {switchDrawer}
      </header>
      <p>Stands in for the devices. Touch the kiosk with the mouse; put cards in and break things here.</p>
      <p class="dock-lamp" role="status" data-lamp={alert ?? 'off'}>
        {alert ? CALLS[alert] : 'Staff lamp: off'}
      </p>
      {refused && <p role="alert">{refused}</p>}
      {state ? <Devices state={state} link={link} act={act} /> : <p>Waiting for the simulators.</p>}
    </div>
  );
}

/** Whole cards first, then those that fail. */
function inOrder(specimens: State['specimens']): State['specimens'] {
  const isPerson = ({ id }: State['specimens'][number]) => /^p\d/.test(id);
  return [...specimens.filter(isPerson), ...specimens.filter((specimen) => !isPerson(specimen))];
}

function Devices({ state, link, act }: { state: State; link: DockLink; act: DockProps['act'] }) {
  const { printer } = state;
  const inserted = state.inserted[0] ?? null;
  const seen = useRef(state.papers.at(-1)?.id).current;
  return (
    <>
      <section>
        <h3>Card</h3>
        <p>{state.cardPath === 'pcscd' ? 'Through pcscd' : 'Plugged in above PC/SC'}</p>
        {inOrder(state.specimens).map(({ id, label }) =>
          id === inserted ? (
            <Do key={id} name="remove" says={`Take out: ${label}`} on run={() => act({ device: 'card', action: 'remove' })} />
          ) : (
            <Do
              key={id}
              name={`insert ${id}`}
              says={label}
              disabled={inserted !== null}
              run={() => act({ device: 'card', action: 'insert', specimen: id })}
            />
          ),
        )}
      </section>
      <section>
        <h3>Reader: {state.reader}</h3>
        <div class="dock-pairs">
          {state.reader === 'plugged' ? (
            <>
              <Do name="unplug-reader" says="Unplug" run={() => act({ device: 'reader', action: 'unplug' })} />
              <Do name="stop-service" says="Stop card service" run={() => act({ device: 'reader', action: 'stop-service' })} />
            </>
          ) : (
            <Do
              name="mend-reader"
              says={state.reader === 'unplugged' ? 'Plug in' : 'Start card service'}
              on
              run={() => act({ device: 'reader', action: state.reader === 'unplugged' ? 'plug' : 'start-service' })}
            />
          )}
        </div>
      </section>
      <section>
        <h3>Printer</h3>
        <p>
          paper {printer.paper}, cover {printer.cover}, cutter {printer.cutter}, {printer.link}
        </p>
        <div class="dock-pairs">
          <Switch
            fine={printer.paper !== 'out'}
            toFault={['paper-out', 'Paper out']}
            toFine={['paper-in', 'Put a new roll in']}
            act={act}
          />
          <Do
            name="paper-near-end"
            says="Paper near its end"
            disabled={printer.paper !== 'ok'}
            run={() => act({ device: 'printer', action: 'paper-near-end' })}
          />
          <Switch
            fine={printer.cover === 'closed'}
            toFault={['open-cover', 'Open cover']}
            toFine={['close-cover', 'Close cover']}
            act={act}
          />
          <Switch
            fine={printer.cutter === 'ok'}
            toFault={['jam-cutter', 'Jam cutter']}
            toFine={['clear-cutter', 'Clear cutter']}
            act={act}
          />
          <Switch fine={printer.link !== 'unplugged'} toFault={['unplug', 'Pull cable']} toFine={['plug', 'Plug cable in']} act={act} />
          <Switch
            fine={printer.link === 'plugged' || printer.link === 'unplugged'}
            toFault={['mute', 'Go silent']}
            toFine={['speak', 'Answer again']}
            disabled={printer.link === 'unplugged'}
            act={act}
          />
        </div>
      </section>
      <section>
        <h3>Paper</h3>
        {state.papers.length > 0 ? (
          <>
            <Do name="take-paper" says="Take the paper" run={() => act({ device: 'printer', action: 'take-paper' })} />
            <Papers papers={state.papers} seen={seen} link={link} />
          </>
        ) : (
          <p>Nothing has come out.</p>
        )}
      </section>
    </>
  );
}

type PrinterAction = Extract<Command, { device: 'printer' }>['action'];

function Switch(given: {
  fine: boolean;
  toFault: readonly [PrinterAction, string];
  toFine: readonly [PrinterAction, string];
  disabled?: boolean;
  act: DockProps['act'];
}) {
  const [action, says] = given.fine ? given.toFault : given.toFine;
  const run = () => given.act({ device: 'printer', action } as Command);
  return <Do name={action} says={says} on={!given.fine} disabled={given.disabled} run={run} />;
}

/** `on`: this undoes what is now so. Nothing moves when a device changes; what makes no sense now is disabled. */
function Do(given: { name: string; says: string; on?: boolean; disabled?: boolean; run: () => Promise<void> }) {
  return (
    <button
      type="button"
      class={given.on ? 'dock-on' : ''}
      data-dock={given.name}
      disabled={given.disabled}
      onClick={() => void given.run()}
    >
      {given.says}
    </button>
  );
}
