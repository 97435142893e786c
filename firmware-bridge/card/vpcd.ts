/**
 * The framing between the vpcd reader driver and a virtual card (vsmartcard `api.txt`): two bytes of length, big-endian, then the
 * body. A body of one byte is a control code, anything longer a command APDU; the card answers only ATR requests and commands.
 */

export const CONTROL = { powerOff: 0, powerOn: 1, reset: 2, atr: 4 } as const;

/** The driver keeps 16 bits for the length. */
export const MOST_BYTES = 65_535;

export function frame(body: Buffer): Buffer {
  if (body.length > MOST_BYTES) throw new RangeError('a vpcd message is at most 65535 bytes');
  const bytes = Buffer.alloc(2 + body.length);
  bytes.writeUInt16BE(body.length);
  body.copy(bytes, 2);
  return bytes;
}

/** Cuts a stream into bodies. Bytes are copied out and the stream's chunk is the caller's to zero. */
export function createDeframer(): { push(chunk: Buffer): Buffer[] } {
  let pending = Buffer.alloc(0);
  return {
    push(chunk) {
      const joined = Buffer.concat([pending, chunk]);
      pending.fill(0);
      const bodies: Buffer[] = [];
      let at = 0;
      while (joined.length - at >= 2 && joined.length - at - 2 >= joined.readUInt16BE(at)) {
        const end = at + 2 + joined.readUInt16BE(at);
        bodies.push(Buffer.from(joined.subarray(at + 2, end)));
        at = end;
      }
      pending = Buffer.from(joined.subarray(at));
      joined.fill(0);
      return bodies;
    },
  };
}
