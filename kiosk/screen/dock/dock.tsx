/** The device dock: a drawer beside the kiosk's screen on demonstration sites, where the simulated devices are handled. */
import './dock.css';
import { render } from 'preact';
import type { SimCommand, SimState } from '../../../firmware-bridge/protocol.ts';
import { connectDock, type DockLink } from './link.ts';
import { Papers } from './papers.tsx';

type State = import('zod').infer<typeof SimState>;
type Command = import('zod').input<typeof SimCommand>;

/** Opens the drawer in `element` and keeps it showing what the simulators say. */
export function startDock(element: HTMLElement, address: string): void {
  let open = innerWidth / innerHeight >= 1.5;
  let state: State | null = null;
  let refused = '';

  const draw = () => {
    element.hidden = false;
    document.body.dataset['drawer'] = open ? 'open' : 'closed';
    render(<Dock state={state} refused={refused} open={open} link={link} toggle={toggle} act={act} />, element);
  };
  const toggle = () => {
    open = !open;
    draw();
  };
  const link = connectDock(address, (next) => {
    state = next;
    draw();
  });
  const act = async (command: Command) => {
    const result = await link.ask('do', command);
    refused = result.kind === 'refused' ? result.why : '';
    if (result.kind === 'done') state = result.state;
    draw();
  };
  draw();
}

interface DockProps {
  readonly state: State | null;
  readonly refused: string;
  readonly open: boolean;
  readonly link: DockLink;
  readonly toggle: () => void;
  readonly act: (command: Command) => Promise<void>;
}

function Dock({ state, refused, open, link, toggle, act }: DockProps) {
  return (
    <>
      <button type="button" class="dock-toggle" aria-expanded={open} onClick={toggle}>
        Devices
      </button>
      {open && (
        <div class="dock-drawer" lang="en">
          <h2>Device dock</h2>
          {state ? <Devices state={state} link={link} act={act} /> : <p>Waiting for the simulators.</p>}
          {refused && <p role="alert">{refused}</p>}
        </div>
      )}
    </>
  );
}

function Devices({ state, link, act }: { state: State; link: DockLink; act: DockProps['act'] }) {
  const { printer } = state;
  const inserted = state.inserted[0] ?? null;
  return (
    <>
      {state.papers.length > 0 && (
        <section>
          <h3>Paper</h3>
          <Papers papers={state.papers} link={link} />
          {state.papers.length > 0 && (
            <Do name="take-paper" says="Take the paper" run={() => act({ device: 'printer', action: 'take-paper' })} />
          )}
        </section>
      )}
      <section>
        <h3>Card</h3>
        <p>{state.cardPath === 'pcscd' ? 'through pcscd' : 'plugged in above PC/SC'}</p>
        {inserted === null ? (
          state.specimens.map(({ id, label }) => (
            <Do
              key={id}
              name={`insert ${id}`}
              says={`Put in ${label}`}
              run={() => act({ device: 'card', action: 'insert', specimen: id })}
            />
          ))
        ) : (
          <Do
            name="remove"
            says={`Take out ${state.specimens.find(({ id }) => id === inserted)?.label ?? inserted}`}
            run={() => act({ device: 'card', action: 'remove' })}
          />
        )}
      </section>
      <section>
        <h3>Reader: {state.reader}</h3>
        {state.reader === 'plugged' ? (
          <>
            <Do name="unplug-reader" says="Unplug" run={() => act({ device: 'reader', action: 'unplug' })} />
            <Do name="stop-service" says="Stop the card service" run={() => act({ device: 'reader', action: 'stop-service' })} />
          </>
        ) : (
          <Do
            name="mend-reader"
            says={state.reader === 'unplugged' ? 'Plug in' : 'Start the card service'}
            run={() => act({ device: 'reader', action: state.reader === 'unplugged' ? 'plug' : 'start-service' })}
          />
        )}
      </section>
      <section>
        <h3>Printer</h3>
        <p>
          paper {printer.paper}, cover {printer.cover}, cutter {printer.cutter}, {printer.link}
        </p>
        {printer.paper === 'ok' && (
          <Do name="paper-near-end" says="Paper near its end" run={() => act({ device: 'printer', action: 'paper-near-end' })} />
        )}
        <Switch
          fine={printer.paper !== 'out'}
          toFault={['paper-out', 'Run the paper out']}
          toFine={['paper-in', 'Put a new roll in']}
          act={act}
        />
        <Switch
          fine={printer.cover === 'closed'}
          toFault={['open-cover', 'Open the cover']}
          toFine={['close-cover', 'Close the cover']}
          act={act}
        />
        <Switch
          fine={printer.cutter === 'ok'}
          toFault={['jam-cutter', 'Jam the cutter']}
          toFine={['clear-cutter', 'Clear the cutter']}
          act={act}
        />
        <Switch
          fine={printer.link !== 'unplugged'}
          toFault={['unplug', 'Pull the printer cable']}
          toFine={['plug', 'Plug the printer in']}
          act={act}
        />
        {printer.link !== 'unplugged' && (
          <Switch
            fine={printer.link === 'plugged'}
            toFault={['mute', 'Make it answer nothing']}
            toFine={['speak', 'Let it answer again']}
            act={act}
          />
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
  act: DockProps['act'];
}) {
  const [action, says] = given.fine ? given.toFault : given.toFine;
  return <Do name={action} says={says} run={() => given.act({ device: 'printer', action } as Command)} />;
}

function Do({ name, says, run }: { name: string; says: string; run: () => Promise<void> }) {
  return (
    <button type="button" data-dock={name} onClick={() => void run()}>
      {says}
    </button>
  );
}
