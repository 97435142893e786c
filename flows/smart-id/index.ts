import { defineFlow, type FindActOutcome, type KeepOutcome, type ReadCardOutcome } from '../../kiosk/contract/flow.ts';
import { smartIdMachine } from './flow.ts';
import { SmartIdConfig, SmartIdEvent, SmartIdView } from './schema.ts';
import { createSmartIdService } from './service.ts';
import { reveal, revealable, toView } from './view.ts';

const kept = { kind: 'kept', receiptId: 'r-1', number: '123456789012' } as const;
const values = {
  nameEnglish: 'LEE SAU YING',
  nameChinese: '李秀英',
  documentNumber: 'C123456(9)',
  dateOfBirth: '1941-00-00',
  sex: 'F',
  dateOfIssue: '2019-05-06',
} as const;

export default defineFlow({
  id: 'smart-id',
  icon: 'id-card',
  machine: smartIdMachine,
  events: SmartIdEvent,
  view: SmartIdView,
  toView,
  reveal,
  revealable,
  config: SmartIdConfig,
  service: (ports) => ({ ...createSmartIdService(ports) }),
  outcomes: {
    readCard: {
      read: { kind: 'read', insertion: 1, values, proved: 'active' },
      removed: { kind: 'removed' },
      stale: { kind: 'stale' },
      unreadable: { kind: 'unreadable' },
      'not-genuine': { kind: 'not-genuine' },
    } satisfies Record<ReadCardOutcome['kind'], ReadCardOutcome>,
    keepAct: { kept, 'not-kept': { kind: 'not-kept', why: 'disk-full' } } satisfies Record<KeepOutcome['kind'], KeepOutcome>,
    findAct: { kept, none: { kind: 'none' }, unknown: { kind: 'unknown' } } satisfies Record<FindActOutcome['kind'], FindActOutcome>,
  },
  auditEvents: ['smart-id.confirmed', 'smart-id.disputed'],
});
