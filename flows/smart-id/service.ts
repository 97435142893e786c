import type { Assurance, FindActOutcome, FlowPorts, KeepOutcome, ReadCardOutcome } from '../../kiosk/contract/flow.ts';
import type { Receipt } from '../../kiosk/contract/receipt.ts';
import { formatDateTime } from '../shared/format.ts';
import { maskDocumentNumber, maskName } from '../shared/mask.ts';
import type { KeepInput } from './flow.ts';
import { CardField, type SmartIdConfig } from './schema.ts';

/** Looking at the chip's data and saying whether it is right (CH-03, CH-12). */
export interface SmartIdService {
  /** Reads the fields of the card's face and nothing else (CD-11). */
  readCard(input: { readonly insertion: number }): Promise<ReadCardOutcome>;
  /** Writes down what was found, with a receipt. The same act key never writes twice. */
  keepAct(input: KeepInput): Promise<KeepOutcome>;
  findAct(input: { readonly actKey: string }): Promise<FindActOutcome>;
}

/** What was proved by the chip is how sure we are that its holder's card is here. */
const ASSURANCE = { none: 'card', passive: 'passive', active: 'active' } as const satisfies Record<string, Assurance>;

export function createSmartIdService(ports: FlowPorts<SmartIdConfig>): SmartIdService {
  const receipt = ({ finding, values }: KeepInput, number: string, at: Date): Receipt => {
    const lang = ports.lang();
    const { text, site } = ports;
    const correct = finding === 'all-correct';
    return {
      lang,
      site: site.name[lang] ?? '',
      title: text(correct ? 'receipt.confirmedTitle' : 'receipt.wrongTitle'),
      at: formatDateTime(at, lang, site.timeZone),
      number,
      numberLabel: text('receipt.numberLabel'),
      blocks: [
        { kind: 'pair', label: text('receipt.cardLabel'), value: maskDocumentNumber(values['documentNumber'] ?? '') },
        { kind: 'pair', label: text('receipt.nameLabel'), value: maskName(values['nameEnglish'] ?? '') },
        correct
          ? { kind: 'pair', label: text('receipt.checkedLabel'), value: text('receipt.checkedFields_confirmed') }
          : { kind: 'pair', label: text('receipt.wrongFieldLabel'), value: text(`field.${finding}`) },
        { kind: 'rule' },
        {
          kind: 'next',
          label: text('receipt.nextLabel'),
          lines: correct ? [text('receipt.nextNothing')] : [text('receipt.nextCounter'), site.help.place[lang] ?? ''],
        },
      ],
      contact: [text('receipt.contactHelp', { place: site.help.place[lang] ?? '', phone: site.help.phone })],
      copy: null,
    };
  };

  return {
    readCard: ({ insertion }) => ports.card.read(insertion, CardField.options),
    keepAct: (input) =>
      ports.acts.keep({
        actKey: input.actKey,
        auditEvent: input.finding === 'all-correct' ? 'smart-id.confirmed' : 'smart-id.disputed',
        assurance: ASSURANCE[input.proved],
        subject: input.values['documentNumber'] ?? '',
        detail: {
          source: 'card',
          fields: CardField.options.join(' '),
          ...(input.finding === 'all-correct' ? {} : { disputed: input.finding }),
        },
        receipt: ({ number, at }) => receipt(input, number, at),
      }),
    findAct: ({ actKey }) => ports.acts.find(actKey),
  };
}
