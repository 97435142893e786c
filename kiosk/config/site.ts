/** The site file (`config/sites/<name>.yaml`): what one kiosk is, offers and is wired to. */
import { z } from 'zod';
import { PrinterConfirms } from '../../firmware-bridge/protocol.ts';
import { LangSchema } from '../contract/lang.ts';

const inEachLanguage = z.partialRecord(LangSchema, z.string().min(1));
const ms = z.number().int().positive();

export const SiteConfig = z
  .object({
    name: inEachLanguage,
    /** A demonstration site may run simulators, demo keys and a printed front door; any other refuses to start with them. */
    demo: z.boolean(),
    timeZone: z
      .string()
      .refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone), 'a time zone of the IANA database, such as Asia/Hong_Kong'),
    /** In the order of the buttons; the first is the one a visit starts in. */
    langs: z.array(LangSchema).min(1),
    panel: z.object({ diagonalInches: z.number().min(7).max(75) }).strict(),
    /** Where a person who can help stands, and whom to call. */
    help: z.object({ place: inEachLanguage, phone: z.string().min(3) }).strict(),
    times: z
      .object({
        /** Nobody touched: the question comes, and goes on to end the visit (SH-16). */
        idleMs: ms,
        idleAnswerMs: ms,
        /** The longest a visit may last, however lively. */
        visitLimitMs: ms,
        /** The same card may come back for this long (CD-12). */
        cardBackMs: ms,
        /** A card left after the last step: staff are alerted, then the visit ends and its receipt waits (CD-14). */
        cardLeftAlertMs: ms,
        cardLeftEndMs: ms,
        /** How long a paper fault waits for people before the receipt waits without the visit. */
        paperWaitMs: ms,
        /** How long the last screen stays. */
        doneMs: ms,
      })
      .strict(),
    clock: z.object({ maxDriftMs: ms }).strict(),
    /** Flows on offer, each with the configuration its own schema checks. */
    flows: z.array(z.object({ id: z.string(), config: z.record(z.string(), z.unknown()).default({}) }).strict()).min(1),
    devices: z
      .object({
        card: z
          .object({
            path: z.enum(['simulated', 'pcsc']),
            readers: z.array(z.string()).min(1),
            profiles: z.array(z.string()).min(1),
          })
          .strict()
          .nullable(),
        printer: z
          .object({
            transport: z.discriminatedUnion('kind', [
              z.object({ kind: z.literal('simulated') }).strict(),
              z
                .object({
                  kind: z.literal('tcp'),
                  host: z.string(),
                  port: z.number().int().min(1).max(65535),
                  dedicatedLink: z.boolean().default(false),
                })
                .strict(),
            ]),
            widthDots: z.union([z.literal(384), z.literal(576)]),
            confirms: PrinterConfirms,
          })
          .strict()
          .nullable(),
      })
      .strict(),
  })
  .strict()
  .superRefine((site, context) => {
    for (const lang of site.langs) {
      if (!site.name[lang]) context.addIssue({ code: 'custom', path: ['name', lang], message: 'the name in every language of the site' });
      if (!site.help.place[lang])
        context.addIssue({ code: 'custom', path: ['help', 'place', lang], message: 'the place in every language of the site' });
    }
    const { card, printer } = site.devices;
    if (!site.demo && card?.path === 'simulated')
      context.addIssue({
        code: 'custom',
        path: ['devices', 'card', 'path'],
        message: 'a real reader: only a demonstration site may simulate',
      });
    if (!site.demo && printer?.transport.kind === 'simulated')
      context.addIssue({
        code: 'custom',
        path: ['devices', 'printer', 'transport', 'kind'],
        message: 'a real printer: only a demonstration site may simulate',
      });
    // vpcd listens on every address: on a site that serves people, a card could be put in from the network (T9).
    const vpcd = 'Virtual PCD 00 00';
    if (!site.demo && card?.readers.some((name) => (name.endsWith('*') ? vpcd.startsWith(name.slice(0, -1)) : name === vpcd)))
      context.addIssue({
        code: 'custom',
        path: ['devices', 'card', 'readers'],
        message: 'names of real readers: no pattern may admit a virtual one',
      });
    if (
      !site.demo &&
      printer?.transport.kind === 'tcp' &&
      !printer.transport.dedicatedLink &&
      !['127.0.0.1', '::1', 'localhost'].includes(printer.transport.host)
    )
      context.addIssue({
        code: 'custom',
        path: ['devices', 'printer', 'transport', 'host'],
        message: 'a printer on this machine, or dedicatedLink: true for a wire of its own: slips cross port 9100 in clear (T12)',
      });
  });
export type SiteConfig = z.infer<typeof SiteConfig>;

/** `config/retention.yaml`: how long each class of record is kept. The purge and the last screen both speak from it. */
export const RetentionConfig = z
  .object({
    receiptPrintedDays: z.number().int().min(0),
    receiptWaitingDays: z.number().int().min(1),
    auditDays: z.number().int().min(1),
  })
  .strict();
export type RetentionConfig = z.infer<typeof RetentionConfig>;
