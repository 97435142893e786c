/**
 * Heads of the audit chain, signed and kept apart from the database: without them, whoever holds the machine and the audit key
 * could compute a whole new chain, or cut its tail (T17). One JSON line a head: `{at, seq, mac, signature}`.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

export function keepHeads(headsDir: string): HeadKeeper {
  mkdirSync(headsDir, { recursive: true, mode: 0o700 });
  const keyFile = join(headsDir, 'head-key.pem');
  if (!existsSync(keyFile)) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(join(headsDir, 'head-key.pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
  }
  const key = createPrivateKey(readFileSync(keyFile));
  let newest: AuditHead | null = null;
  let written = 0;
  return {
    hear(head) {
      newest = head;
    },
    write(at) {
      if (!newest || newest.seq <= written) return;
      const line = { at: at.toISOString(), seq: newest.seq, mac: newest.mac };
      appendFileSync(
        join(headsDir, 'audit-heads.jsonl'),
        `${JSON.stringify({ ...line, signature: sign(null, signedText(line), key).toString('base64') })}\n`,
        { mode: 0o600 },
      );
      written = newest.seq;
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
