/**
 * The keys of the records. They live in systemd's credentials directory, or, on a demonstration site, in the data folder's
 * `keyring.json`, made at the first start and named as what it is. Never in config, environment or beside a production database.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const KeyringFile = z
  .object({ version: z.literal(1), demo: z.boolean(), keyId: z.string().min(1).max(32), rootBase64: z.string() })
  .strict();

export interface Keyring {
  readonly demo: boolean;
  /** AES-256-GCM. `place` is table, column and row, so that a ciphertext moved elsewhere does not open. */
  seal(place: string, plain: Buffer): Buffer;
  open(place: string, sealed: Buffer): Buffer | null;
  /** Keyed hash for look-ups, hex. HKIDs are few, so an unkeyed hash would be no disguise. */
  lookup(kind: string, value: string): string;
  /** Keyed hash that chains the audit log. */
  auditMac(text: string): string;
}

export type KeyringOutcome =
  | { readonly kind: 'keyring'; readonly keyring: Keyring }
  | { readonly kind: 'none' | 'malformed' | 'demo-refused' };

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function keyringOf(file: z.infer<typeof KeyringFile>): Keyring {
  const root = Buffer.from(file.rootBase64, 'base64');
  const key = (use: string) => Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `pailou ${use} 1`, 32));
  const dataKey = key('data');
  const lookupKey = key('lookup');
  const auditKey = key('audit');
  root.fill(0);
  const aad = (place: string) => Buffer.from(`${file.keyId}\n${place}`);
  return {
    demo: file.demo,
    seal(place, plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(aad(place));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.from([file.keyId.length]), Buffer.from(file.keyId), nonce, cipher.getAuthTag(), body]);
    },
    open(place, sealed) {
      const idLength = sealed[0] ?? 0;
      const start = 1 + idLength;
      if (sealed.length < start + NONCE_BYTES + TAG_BYTES || sealed.subarray(1, start).toString() !== file.keyId) return null;
      const nonce = sealed.subarray(start, start + NONCE_BYTES);
      const tag = sealed.subarray(start + NONCE_BYTES, start + NONCE_BYTES + TAG_BYTES);
      try {
        const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce).setAAD(aad(place)).setAuthTag(tag);
        return Buffer.concat([decipher.update(sealed.subarray(start + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      } catch {
        return null;
      }
    },
    lookup: (kind, value) => createHmac('sha256', lookupKey).update(`${kind}\n${value}`).digest('hex'),
    auditMac: (text) => createHmac('sha256', auditKey).update(text).digest('hex'),
  };
}

const demoFile = (dataDir: string) => join(dataDir, 'keyring.json');

/** Makes the demonstration keyring if there is none yet. Demonstration sites only. */
export function makeDemoKeyring(dataDir: string): void {
  const file = demoFile(dataDir);
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const keyring = {
    version: 1,
    demo: true,
    keyId: `demo-${randomBytes(4).toString('hex')}`,
    rootBase64: randomBytes(32).toString('base64'),
  };
  try {
    writeFileSync(file, `${JSON.stringify(keyring)}\n`, { mode: 0o600, flag: 'wx' });
  } catch {
    // Another visit made it at the same moment; its keys are the kiosk's.
  }
}

/** Opens the keyring. Outcomes: keyring; none; malformed; demo-refused (demo keys on a production site). */
export function openKeyring(given: {
  readonly dataDir: string;
  readonly demoSite: boolean;
  readonly credentialsDir: string | undefined;
}): KeyringOutcome {
  const credential = given.credentialsDir ? join(given.credentialsDir, 'pailou-keyring') : null;
  const file = credential && existsSync(credential) ? credential : demoFile(given.dataDir);
  if (!existsSync(file)) return { kind: 'none' };
  let parsed: ReturnType<typeof KeyringFile.safeParse>;
  try {
    parsed = KeyringFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { kind: 'malformed' };
  }
  if (!parsed.success || Buffer.from(parsed.data.rootBase64, 'base64').length !== 32) return { kind: 'malformed' };
  if ((parsed.data.demo || file !== credential) && !given.demoSite) return { kind: 'demo-refused' };
  return { kind: 'keyring', keyring: keyringOf(parsed.data) };
}
