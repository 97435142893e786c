/** What the bridge is started with: one JSON file, written by the supervisor from the site's YAML. */
import { z } from 'zod';
import { CardProof, PrinterConfirms } from './protocol.ts';

/** A card profile is data (`config/cards/*.yaml`): how the card is known, what can be read of it, what its chip proves. */
export const CardProfile = z
  .object({
    id: z.string(),
    /** Recognised by SELECT, never by ATR: several cards share stock ATRs. Hex. */
    applicationId: z.string().regex(/^([0-9A-F]{2}){5,16}$/),
    access: z.enum(['open']),
    proves: CardProof,
    /** INTERNAL AUTHENTICATE: SPKI of the issuer's key that signs the card's own public key, in base64 DER. Only where `proves` is `active`. */
    activeProof: z.object({ issuerKeySpkiBase64: z.string(), certificateFile: z.string().regex(/^[0-9A-F]{4}$/) }).nullable(),
    fields: z
      .array(
        z
          .object({
            name: z.string(),
            file: z.string().regex(/^[0-9A-F]{4}$/),
            tag: z.string().regex(/^([0-9A-F]{2}){1,2}$/),
            encoding: z.enum(['ascii', 'utf8', 'utf16be', 'bcd']),
            maxBytes: z.number().int().positive().max(512),
            required: z.boolean(),
          })
          .strict(),
      )
      .min(1),
    /** The field whose text, with the profile's id, makes the card's identity. */
    identityField: z.string(),
  })
  .strict();
export type CardProfile = z.infer<typeof CardProfile>;

export const BridgeConfig = z
  .object({
    runDir: z.string(),
    card: z
      .object({
        /** `pcsc`: the system's pcscd, or the one behind `pcscSocket`. `direct`: a virtual card's own socket, one layer higher. */
        path: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('pcsc'), pcscSocket: z.string().nullable() }),
          z.object({ kind: z.literal('direct'), socket: z.string() }),
        ]),
        /** Reader names that are used; any other is told to the maintainer and left alone (CD-01). A trailing `*` stands for the rest. */
        readers: z.array(z.string()),
        profiles: z.array(CardProfile),
      })
      .nullable(),
    printer: z
      .object({
        transport: z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number().int() }),
        widthDots: z.number().int().multipleOf(8),
        confirms: PrinterConfirms,
      })
      .nullable(),
  })
  .strict();
export type BridgeConfig = z.infer<typeof BridgeConfig>;

/** First line on the bridge's standard input. When standard input closes, the supervisor is gone and the bridge exits. */
export const BridgeSecrets = z.object({ hostToken: z.string().min(16) }).strict();
