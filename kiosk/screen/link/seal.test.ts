import { createDecipheriv, createECDH, hkdfSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { SEAL_INFO } from '../../contract/link-constants.ts';
import { agree, newKeyPair } from './seal.ts';

test('what the page seals opens with the keys that the visit derives by other means', async () => {
  const visit = createECDH('prime256v1');
  const visitPublicKey = visit.generateKeys('base64', 'uncompressed');
  const page = await newKeyPair();
  const sealed = await agree(page.pair, visitPublicKey);
  const secret = visit.computeSecret(Buffer.from(page.publicKey, 'base64'));
  const up = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), SEAL_INFO.up, 32));

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
  const page = await agree(one.pair, other.publicKey);
  const frame = await page.seal({ kind: 'present' });
  await expect(page.open(frame.buffer)).rejects.toThrow();
});
