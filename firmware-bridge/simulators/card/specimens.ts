/** Specimen cards: YAML under `config/cards/specimens`, made into chips with keys of their own at every start. */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CardProfile } from '../../config.ts';
import { type Application, type Chip, createChip } from './chip.ts';

const Label = z.string().max(80);
const SpecimenFile = z.discriminatedUnion('kind', [
  /** A card as its issuer made it. */
  z.object({ kind: z.literal('genuine'), label: Label, profile: z.string(), values: z.record(z.string(), z.string()) }).strict(),
  /** Another card's files, certificate included, on a chip that does not have its key. */
  z.object({ kind: z.literal('copy'), label: Label, of: z.string() }).strict(),
  /** Every data file breaks off in the middle of a data object. */
  z.object({ kind: z.literal('damaged'), label: Label, of: z.string() }).strict(),
  /** Answers SELECT, then nothing. */
  z.object({ kind: z.literal('silent'), label: Label, of: z.string() }).strict(),
  z.object({ kind: z.literal('mute'), label: Label }).strict(),
  z.object({ kind: z.literal('foreign'), label: Label, applicationIds: z.array(z.string().regex(/^([0-9A-F]{2}){5,16}$/)) }).strict(),
]);
type SpecimenFile = z.infer<typeof SpecimenFile>;

export interface Specimen {
  readonly id: string;
  readonly label: string;
  readonly insert: () => Chip;
}

/** T=1, no historical bytes of anybody's: `3B 80 80 01 01` (ISO 7816-3 §8.2). */
const ATR = Buffer.from('3B80800101', 'hex');
/** Longer than any answer to reset can be, so a reader finds a card and cannot power it up. */
const NO_ATR = Buffer.alloc(40, 0xff);

function object(tagHex: string, value: Buffer): Buffer {
  const n = value.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from(tagHex, 'hex'), Buffer.from(length), value]);
}

function encode(encoding: CardProfile['fields'][number]['encoding'], text: string): Buffer {
  switch (encoding) {
    case 'ascii':
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'utf16be':
      return Buffer.from(text, 'utf16le').swap16();
    case 'bcd':
      return Buffer.from(text.length % 2 ? `${text}f` : text, 'hex');
  }
}

function personalise(profile: CardProfile, values: Readonly<Record<string, string>>, issuer: KeyObject): Application {
  const files = new Map<string, Buffer>();
  for (const field of profile.fields) {
    const text = values[field.name];
    if (text === undefined) continue;
    const before = files.get(field.file) ?? Buffer.alloc(0);
    files.set(field.file, Buffer.concat([before, object(field.tag, encode(field.encoding, text))]));
  }
  const id = Buffer.from(profile.applicationId, 'hex');
  if (!profile.activeProof) return { id, files, key: null };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const identity = createHash('sha256')
    .update(`${profile.id}\n${values[profile.identityField] ?? ''}`)
    .digest();
  const body = object('7F21', Buffer.concat([object('7F49', publicKey.export({ type: 'spki', format: 'der' })), object('5F20', identity)]));
  const signature = sign('sha256', body, { key: issuer, dsaEncoding: 'ieee-p1363' });
  files.set(profile.activeProof.certificateFile, Buffer.concat([body, object('5F37', signature)]));
  return { id, files, key: privateKey };
}

/** Reads every specimen of the folder; profiles are in the folder above. A wrong file throws with its name. */
export function loadSpecimens(dir: string): readonly Specimen[] {
  const issuer = createPrivateKey(readFileSync(join(dir, 'demo-issuer.key.pem')));
  const named = new Map<string, SpecimenFile>();
  for (const name of readdirSync(dir).sort()) {
    if (!name.endsWith('.yaml')) continue;
    const file = SpecimenFile.safeParse(parse(readFileSync(join(dir, name), 'utf8')));
    if (!file.success)
      throw new Error(`${join(dir, name)}: ${file.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`);
    named.set(name.slice(0, -'.yaml'.length), file.data);
  }
  const applicationOf = (id: string): Application => {
    const file = named.get(id);
    if (file?.kind !== 'genuine') throw new Error(`specimen ${id} is not a genuine card that another can be made from`);
    const profile = CardProfile.parse(parse(readFileSync(join(dir, '..', `${file.profile}.yaml`), 'utf8')));
    return personalise(profile, file.values, issuer);
  };

  const insert = (file: SpecimenFile): (() => Chip) => {
    switch (file.kind) {
      case 'genuine':
        return () => createChip({ atr: ATR, applications: [applicationOf(nameOf(file))], silentAt: 'never' });
      case 'copy':
        return () => {
          const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
          return createChip({ atr: ATR, applications: [{ ...applicationOf(file.of), key: privateKey }], silentAt: 'never' });
        };
      case 'damaged':
        return () => {
          const whole = applicationOf(file.of);
          const files = new Map([...whole.files].map(([id, bytes]) => [id, bytes.subarray(0, bytes.length - 2)]));
          return createChip({ atr: ATR, applications: [{ ...whole, files }], silentAt: 'never' });
        };
      case 'silent':
        return () => createChip({ atr: ATR, applications: [applicationOf(file.of)], silentAt: 'read-binary' });
      case 'mute':
        return () => createChip({ atr: NO_ATR, applications: [], silentAt: 'never' });
      case 'foreign':
        return () => {
          const applications = file.applicationIds.map((id) => ({ id: Buffer.from(id, 'hex'), files: new Map(), key: null }));
          return createChip({ atr: ATR, applications, silentAt: 'never' });
        };
    }
  };
  const nameOf = (file: SpecimenFile) => [...named].find(([, one]) => one === file)?.[0] ?? '';
  return [...named].map(([id, file]) => ({ id, label: file.label, insert: insert(file) }));
}
