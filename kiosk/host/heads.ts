/**
 * Heads of the audit chain, signed and kept apart from the database: without them, whoever holds the machine and the audit key
 * could compute a whole new chain, or cut its tail (T17). One JSON line a head: `{at, seq, mac, signature}`.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AuditHead } from '../audit/audit.ts';

const Line = z.object({ at: z.string(), seq: z.number().int(), mac: z.string(), signature: z.string() }).strict();
const signedText = (line: { at: string; seq: number; mac: string }) => Buffer.from(JSON.stringify([line.at, line.seq, line.mac]));

export interface HeadKeeper {
  /** Remembers the newest head; `write()` signs it if it is new. */
  hear(head: AuditHead): void;
  write(at: Date): void;
}

function openKey(headsDir: string): KeyObject {
  mkdirSync(headsDir, { recursive: true, mode: 0o700 });
  const keyFile = join(headsDir, 'head-key.pem');
  if (!existsSync(keyFile)) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(headsDir, 'head-key.pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
    // Half a key, from a disk that was full, must not stand in the way of a whole one.
    writeFileSync(`${keyFile}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    renameSync(`${keyFile}.new`, keyFile);
  }
  return createPrivateKey(readFileSync(keyFile));
}

/** Adds a whole line, or none. Throws when it could not. */
function appendLine(file: string, line: string): void {
  const bytes = existsSync(file) ? statSync(file).size : 0;
  try {
    appendFileSync(file, line, { mode: 0o600 });
  } catch (fault) {
    if (existsSync(file)) truncateSync(file, bytes);
    throw fault;
  }
}

/** A disk that is full or cannot be written takes no head; `onNotWritten` tells, and the next `write` tries again. */
export function keepHeads(headsDir: string, onNotWritten: () => void): HeadKeeper {
  let key: KeyObject | null = null;
  let newest: AuditHead | null = null;
  let written = 0;
  const orTell = (work: () => void) => {
    try {
      work();
    } catch {
      onNotWritten();
    }
  };
  orTell(() => {
    key = openKey(headsDir);
  });
  return {
    hear(head) {
      newest = head;
    },
    write(at) {
      const head = newest;
      if (!head || head.seq <= written) return;
      orTell(() => {
        key ??= openKey(headsDir);
        const line = { at: at.toISOString(), seq: head.seq, mac: head.mac };
        const signature = sign(null, signedText(line), key).toString('base64');
        appendLine(join(headsDir, 'audit-heads.jsonl'), `${JSON.stringify({ ...line, signature })}\n`);
        written = head.seq;
      });
    },
  };
}

export type ReadHeads =
  | { readonly kind: 'heads'; readonly heads: readonly AuditHead[] }
  | { readonly kind: 'forged'; readonly line: number };

/** Reads the signed heads. A line that is not signed by the head key is named by its number. */
export function readHeads(headsDir: string): ReadHeads {
  const file = join(headsDir, 'audit-heads.jsonl');
  if (!existsSync(file)) return { kind: 'heads', heads: [] };
  const key = createPublicKey(readFileSync(join(headsDir, 'head-key.pub.pem')));
  const heads: AuditHead[] = [];
  for (const [index, text] of readFileSync(file, 'utf8').trim().split('\n').entries()) {
    let parsed: ReturnType<typeof Line.safeParse>;
    try {
      parsed = Line.safeParse(JSON.parse(text));
    } catch {
      return { kind: 'forged', line: index + 1 };
    }
    if (!parsed.success || !verify(null, signedText(parsed.data), key, Buffer.from(parsed.data.signature, 'base64')))
      return { kind: 'forged', line: index + 1 };
    heads.push({ seq: parsed.data.seq, mac: parsed.data.mac });
  }
  return { kind: 'heads', heads };
}
