import { createCipheriv, createDecipheriv, createECDH, createHash, hkdfSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { SEAL_INFO } from '../../contract/link-constants.ts';
import { agree, newKeyPair, ticketSalt } from './seal.ts';

test('what the page seals opens with the keys that the visit derives by other means', async () => {
  const visit = createECDH('prime256v1');
  const visitPublicKey = visit.generateKeys('base64', 'uncompressed');
  const page = await newKeyPair();
  const salt = new Uint8Array(32).fill(7);
  const { sealed, again } = await agree(page.pair, visitPublicKey, salt);
  const secret = visit.computeSecret(Buffer.from(page.publicKey, 'base64'));
  const key = (info: string) => Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
  const up = key(SEAL_INFO.up);
  expect(Buffer.from(again)).toEqual(key(SEAL_INFO.again));

  for (const [count, message] of [{ kind: 'present' }, { kind: 'beat', n: 7 }].entries()) {
    const frame = Buffer.from(await sealed.seal(message));
    const iv = Buffer.alloc(12);
    iv.writeBigUInt64BE(BigInt(count), 4);
    const open = createDecipheriv('aes-256-gcm', up, iv).setAuthTag(frame.subarray(-16));
    expect(JSON.parse(Buffer.concat([open.update(frame.subarray(0, -16)), open.final()]).toString())).toEqual(message);
  }
});

test('a frame that was seen before is refused', async () => {
  const [one, other] = await Promise.all([newKeyPair(), newKeyPair()]);
  const { sealed: page } = await agree(one.pair, other.publicKey, new Uint8Array(32));
  const frame = await page.seal({ kind: 'present' });
  await expect(page.open(frame.buffer)).rejects.toThrow();
});

test('a visit that does not know the salt seals nothing that this page would open', async () => {
  const page = await newKeyPair();
  const real = createECDH('prime256v1');
  const realPublicKey = real.generateKeys('base64', 'uncompressed');
  const known = await agree(page.pair, realPublicKey, await ticketSalt('the ticket of this page'));
  const sealWith = (salt: Buffer) => {
    const key = Buffer.from(hkdfSync('sha256', real.computeSecret(Buffer.from(page.publicKey, 'base64')), salt, SEAL_INFO.down, 32));
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
    return new Uint8Array(Buffer.concat([cipher.update('{"kind":"go"}'), cipher.final(), cipher.getAuthTag()])).buffer;
  };
  const salt = (ticket: string) => createHash('sha256').update(ticket).digest();
  expect(await known.sealed.open(sealWith(salt('the ticket of this page')))).toEqual({ kind: 'go' });
  const again = await agree(page.pair, realPublicKey, await ticketSalt('the ticket of this page'));
  await expect(again.sealed.open(sealWith(salt('a guess')))).rejects.toThrow();
});
