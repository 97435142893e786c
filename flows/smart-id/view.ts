import type { SnapshotFrom } from 'xstate';
import type { FlowText } from '../../kiosk/contract/flow.ts';
import type { Lang } from '../../kiosk/contract/lang.ts';
import { formatDate } from '../shared/format.ts';
import { maskAll, maskDocumentNumber, maskName } from '../shared/mask.ts';
import type { smartIdMachine } from './flow.ts';
import { CardField, type SmartIdView } from './schema.ts';

type Snapshot = SnapshotFrom<typeof smartIdMachine>;

const SHOWS_VALUES = ['showing', 'choosing-wrong-field'];

function masked(field: CardField, value: string): string {
  if (field === 'documentNumber') return maskDocumentNumber(value);
  if (field === 'nameEnglish' || field === 'nameChinese') return maskName(value);
  return maskAll(value);
}

export function toView({ context, value }: Snapshot): SmartIdView {
  const values = SHOWS_VALUES.includes(String(value)) ? (context.read?.values ?? {}) : {};
  return {
    fault: context.fault,
    // A field that the chip leaves empty (a name without Chinese characters) is not shown as an empty row.
    rows: CardField.options.filter((field) => values[field]).map((field) => ({ field, masked: masked(field, values[field]!) })),
  };
}

export function revealable(snapshot: Snapshot): readonly string[] {
  return snapshot.value === 'showing' ? toView(snapshot).rows.map(({ field }) => field) : [];
}

export function reveal(snapshot: Snapshot, field: string, { lang, text }: { readonly lang: Lang; readonly text: FlowText }): string | null {
  const value = revealable(snapshot).includes(field) ? snapshot.context.read?.values[field] : undefined;
  if (!value) return null;
  if (field === 'dateOfBirth' || field === 'dateOfIssue') return formatDate(value, lang);
  if (field === 'sex') return value === 'F' ? text('value.female') : value === 'M' ? text('value.male') : value;
  return value;
}
