/** One recognised card and what may be asked of it. Knows profiles and files, not readers, processes or sockets. */
import { createHash, randomBytes } from 'node:crypto';
import type { CardProfile } from '../config.ts';
import type { CardFault, CardProof } from '../protocol.ts';
import { cardTimes } from '../timeouts.ts';
import {
  type Command,
  type Exchanged,
  exchange,
  internalAuthenticate,
  type Protocol,
  readBinary,
  type Send,
  SW,
  selectApplication,
  selectFile,
} from './apdu.ts';
import { decodeField } from './decode.ts';
import { FAMILIES, type Family } from './families.ts';
import { provesItself, readCertificate } from './proof.ts';
import { parseObjects, single } from './tlv.ts';

/** `failed`: the exchange broke; whoever holds the reader finds out whether the card was pulled. */
export type Failure = Extract<CardFault, { kind: 'unreadable' | 'not-genuine' }> | { readonly kind: 'failed' };
export type Recognised =
  | { readonly kind: 'known'; readonly profile: CardProfile }
  | { readonly kind: 'foreign'; readonly family: Family }
  | { readonly kind: 'failed' };
export type ReadValues = { readonly kind: 'values'; readonly values: Record<string, string>; readonly proved: CardProof } | Failure;
export type Identity = { readonly kind: 'identity'; readonly identity: string } | Failure;

const FAILED = { kind: 'failed' } as const;
const malformed = { kind: 'unreadable', reason: 'malformed' } as const;
const missingFile = { kind: 'unreadable', reason: 'missing-file' } as const;

/** Compared, never kept: the same card gives the same text, and another profile with the same number does not. */
export const identityOf = (profile: string, documentNumber: string): string =>
  createHash('sha256').update(`${profile}\n${documentNumber}`).digest('hex');

const ask = (send: Send, protocol: Protocol, command: Command): Promise<Exchanged> =>
  exchange(send, command, protocol, cardTimes.responseRounds);

/** Which card this is, by SELECT of each application we know (CD-06, CD-15: nothing is read beyond its application id). */
export async function recognise(send: Send, protocol: Protocol, profiles: readonly CardProfile[]): Promise<Recognised> {
  for (const profile of profiles) {
    const answer = await ask(send, protocol, selectApplication(Buffer.from(profile.applicationId, 'hex')));
    if (answer.kind === 'failed') return FAILED;
    if (answer.kind === 'answered' && answer.sw === SW.OK) return { kind: 'known', profile };
  }
  for (const { family, applicationId } of FAMILIES) {
    const answer = await ask(send, protocol, selectApplication(Buffer.from(applicationId, 'hex')));
    if (answer.kind === 'failed') return FAILED;
    if (answer.kind === 'answered' && answer.sw === SW.OK) return { kind: 'foreign', family };
  }
  return { kind: 'foreign', family: 'unknown' };
}

export interface CardSession {
  /** The profile's identity field as one hash, after active proof where the profile has it. */
  identify(): Promise<Identity>;
  /** The named fields and nothing else. A name the profile does not have is malformed. */
  read(fields: readonly string[]): Promise<ReadValues>;
}

/** A session on the card's selected application. Everything read is zeroed before a call returns, except the answer itself. */
export function openSession(send: Send, protocol: Protocol, profile: CardProfile): CardSession {
  // The card is held exclusively, so what it proved once stays true until it leaves.
  let proved: CardProof = 'none';

  /** Lengths of the answers that carried personal data since the last `overwrite`. */
  const personal = new Set<number>();

  const command = (c: Command) => ask(send, protocol, c);

  /** Calls `use` with the file's bytes, which are zeroed afterwards. */
  const withFile = async <T>(file: string, use: (bytes: Buffer) => T): Promise<T | Failure> => {
    const selected = await command(selectFile(Buffer.from(file, 'hex')));
    if (selected.kind === 'failed') return FAILED;
    if (selected.kind === 'malformed') return malformed;
    if (selected.sw === SW.NOT_FOUND) return missingFile;
    if (selected.sw !== SW.OK) return malformed;
    const content = Buffer.alloc(cardTimes.fileBytes);
    let length = 0;
    try {
      for (let round = 0; round < cardTimes.fileRounds; round++) {
        const part = await command(readBinary(length, 256));
        if (part.kind === 'failed') return FAILED;
        if (part.kind === 'malformed') return malformed;
        if (file !== profile.activeProof?.certificateFile) personal.add(part.data.length);
        try {
          if (length > 0 && part.sw === SW.WRONG_OFFSET) return use(content.subarray(0, length));
          if (part.sw !== SW.OK && part.sw !== SW.END_OF_FILE) return malformed;
          if (part.data.length > content.length - length) return malformed;
          part.data.copy(content, length);
          length += part.data.length;
          if (part.sw === SW.END_OF_FILE || part.data.length < 256) return use(content.subarray(0, length));
        } finally {
          part.data.fill(0);
        }
      }
      return malformed;
    } finally {
      content.fill(0);
    }
  };

  /**
   * `pcscd` frees what a card answered without clearing it, and it outlives the visit. An answer of the same length takes the same
   * place, so one of the certificate is asked for each length (T5). Where a profile has no certificate there is nothing to ask.
   */
  const overwrite = async (): Promise<Failure | null> => {
    const lengths = [...personal].filter((length) => length > 0);
    personal.clear();
    if (!profile.activeProof || lengths.length === 0) return null;
    const selected = await command(selectFile(Buffer.from(profile.activeProof.certificateFile, 'hex')));
    if (selected.kind === 'failed') return FAILED;
    for (const length of lengths) if ((await command(readBinary(0, length))).kind === 'failed') return FAILED;
    return null;
  };

  const decodeFrom = (bytes: Buffer, names: readonly string[]): ReadValues => {
    const parsed = parseObjects(bytes);
    if (parsed.kind === 'malformed') return malformed;
    const values: Record<string, string> = {};
    for (const rule of profile.fields.filter((f) => names.includes(f.name))) {
      const found = single(parsed.objects, Number.parseInt(rule.tag, 16));
      if (found.kind === 'malformed' || (found.kind === 'none' && rule.required)) return malformed;
      const decoded = found.kind === 'none' ? { kind: 'text' as const, text: '' } : decodeField(rule, found.object.value);
      if (decoded.kind === 'malformed') return malformed;
      values[rule.name] = decoded.text;
    }
    return { kind: 'values', values, proved };
  };

  const readFields = async (names: readonly string[]): Promise<ReadValues> => {
    const wanted = profile.fields.filter((f) => names.includes(f.name));
    if (wanted.length !== new Set(names).size) return malformed;
    const values: Record<string, string> = {};
    for (const file of new Set(wanted.map((f) => f.file))) {
      const part = await withFile(file, (bytes) =>
        decodeFrom(
          bytes,
          wanted.filter((f) => f.file === file).map((f) => f.name),
        ),
      );
      if (part.kind !== 'values') return part;
      Object.assign(values, part.values);
    }
    return { kind: 'values', values, proved };
  };

  /** Active proof: the issuer signed this card's key together with whose card it is, and the chip has that key (T7). */
  const prove = async (identity: string): Promise<Failure | null> => {
    const { activeProof } = profile;
    if (profile.proves !== 'active' || !activeProof || proved === 'active') return null;
    const certificate = await withFile(activeProof.certificateFile, (bytes) => readCertificate(bytes, activeProof.issuerKeySpkiBase64));
    if (certificate.kind === 'unreadable' || certificate.kind === 'failed') return certificate;
    if (certificate.kind === 'not-genuine' || certificate.identity !== identity) return { kind: 'not-genuine' };
    const challenge = randomBytes(32);
    const answer = await command(internalAuthenticate(challenge));
    if (answer.kind === 'failed') return FAILED;
    if (answer.kind === 'malformed') return malformed;
    if (answer.sw !== SW.OK || !provesItself(certificate.key, challenge, answer.data)) return { kind: 'not-genuine' };
    proved = 'active';
    return null;
  };

  const identify = async (): Promise<Identity> => {
    const read = await readFields([profile.identityField]);
    if (read.kind !== 'values') return read;
    const identity = identityOf(profile.id, read.values[profile.identityField] ?? '');
    return (await prove(identity)) ?? { kind: 'identity', identity };
  };

  const read = async (fields: readonly string[]): Promise<ReadValues> => {
    if (profile.proves === 'active' && proved !== 'active') {
      const identity = await identify();
      if (identity.kind !== 'identity') return identity;
    }
    return await readFields(fields);
  };

  const thenOverwrite = async <T extends { readonly kind: string }>(outcome: T): Promise<T | Failure> =>
    outcome.kind === 'failed' ? outcome : ((await overwrite()) ?? outcome);

  return {
    identify: async () => await thenOverwrite(await identify()),
    read: async (fields) => await thenOverwrite(await read(fields)),
  };
}
