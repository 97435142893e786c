/** Looks for a person in the memory of processes: every resident page, as `/proc/PID/pagemap` tells, in every encoding it could have. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const PAGE_BYTES = 4096;
const CHUNK_PAGES = 512;
const PRESENT = 1n << 63n;

/** Big5 of the characters that tests look for; Node writes no Big5. */
const BIG5: Readonly<Record<string, string>> = { 陳: 'b3af', 大: 'a46a', 文: 'a4e5' };

/** Each text in UTF-8 and UTF-16, Chinese also in Big5, and its digits in BCD where there are enough to be no accident. */
export function needlesOf(texts: readonly string[]): { readonly name: string; readonly bytes: Buffer }[] {
  return texts.flatMap((text) => {
    const needles = [
      { name: `${text} utf8`, bytes: Buffer.from(text, 'utf8') },
      { name: `${text} utf16le`, bytes: Buffer.from(text, 'utf16le') },
      { name: `${text} utf16be`, bytes: Buffer.from(text, 'utf16le').swap16() },
    ];
    if ([...text].every((sign) => BIG5[sign]))
      needles.push({ name: `${text} big5`, bytes: Buffer.from([...text].map((sign) => BIG5[sign]).join(''), 'hex') });
    return needles;
  });
}

/**
 * Stretches of a slip's dots that are like nothing else: `BYTES` from its most varied rows, as they are and in base64. Rows begin
 * at a multiple of three bytes (72 a row), so that a stretch that does so too has one base64 whatever stands before it.
 */
export function slipNeedlesOf({ width, height, data }: { width: number; height: number; data: Buffer }): ReturnType<typeof needlesOf> {
  const BYTES = 42;
  const stretches: { bytes: Buffer; varied: number }[] = [];
  for (let y = 0; y < height; y++) {
    const row = Buffer.alloc(width / 8);
    for (let x = 0; x < width; x++) if (data[(y * width + x) * 4]! < 128) row[x >> 3]! |= 0x80 >> (x & 7);
    for (let at = 0; at + BYTES <= row.length; at += 3) {
      const bytes = row.subarray(at, at + BYTES);
      stretches.push({ bytes, varied: new Set(bytes).size });
    }
  }
  stretches.sort((a, b) => b.varied - a.varied);
  return stretches
    .slice(0, 200)
    .filter((_, n) => n % 20 === 0)
    .flatMap(({ bytes }, n) => [
      { name: `slip ${n} dots`, bytes },
      { name: `slip ${n} base64`, bytes: Buffer.from(bytes.toString('base64')) },
    ]);
}

/** Names of the needles found in a process; empty for one that is gone. */
export function findInMemory(pid: number, needles: ReturnType<typeof needlesOf>): string[] {
  const found = new Set<string>();
  const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  let maps: string;
  let memory: number;
  let pagemap: number;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    memory = openSync(`/proc/${pid}/mem`, 'r');
    pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  } catch {
    return [];
  }
  const entries = Buffer.alloc(CHUNK_PAGES * 8);
  const bytes = Buffer.alloc(CHUNK_PAGES * PAGE_BYTES + longest);
  for (const line of maps.split('\n')) {
    const region = /^([0-9a-f]+)-([0-9a-f]+) r(w|-)/.exec(line);
    if (!region || /\[(vvar|vdso|vsyscall)/.test(line)) continue;
    const [from, to] = [BigInt(`0x${region[1]}`), BigInt(`0x${region[2]}`)];
    for (let at = from; at < to; at += BigInt(CHUNK_PAGES * PAGE_BYTES)) {
      const pages = Number((to - at < BigInt(CHUNK_PAGES * PAGE_BYTES) ? to - at : BigInt(CHUNK_PAGES * PAGE_BYTES)) / BigInt(PAGE_BYTES));
      try {
        readSync(pagemap, entries, 0, pages * 8, (at / BigInt(PAGE_BYTES)) * 8n);
        let first = -1;
        for (let page = 0; page <= pages; page++) {
          const present = page < pages && (entries.readBigUInt64LE(page * 8) & PRESENT) !== 0n;
          if (present && first < 0) first = page;
          if (present || first < 0) continue;
          // A run of resident pages, read as one, so that a text across a page's edge is found.
          const length = readSync(memory, bytes, 0, (page - first) * PAGE_BYTES, at + BigInt(first * PAGE_BYTES));
          const run = bytes.subarray(0, length);
          for (const needle of needles) if (run.includes(needle.bytes)) found.add(needle.name);
          first = -1;
        }
      } catch {
        // The region went away or may not be read (device memory); nothing of ours is there.
      }
    }
  }
  closeSync(memory);
  closeSync(pagemap);
  return [...found];
}
