/** `npm run audit:verify [-- --site=<name> --public-key=<file>]`: walks the chain and compares it with the signed heads. Exit 0 whole, 1 not, 2 cannot tell. */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readHeads } from '../host/heads.ts';
import { openKeyring } from '../store/keyring.ts';
import { openStore } from '../store/store.ts';
import { verifyAudit } from './audit.ts';

const site = process.argv.find((arg) => arg.startsWith('--site='))?.slice('--site='.length) ?? 'demo';
const dataDir = process.env['PAILOU_DATA'] ?? join(homedir(), '.local/share/pailou', site);

function cannotTell(why: string): never {
  console.error(`audit: cannot tell: ${why}`);
  process.exit(2);
}

const keys = openKeyring({ dataDir, demoSite: true, credentialsDir: process.env['CREDENTIALS_DIRECTORY'] });
if (keys.kind !== 'keyring') cannotTell(`keyring ${keys.kind} in ${dataDir}`);
const publicKeyFile = process.argv.find((arg) => arg.startsWith('--public-key='))?.slice('--public-key='.length);
// The heads' own key lies beside them: whoever changed both would pass, so a production site's must come from elsewhere.
if (!publicKeyFile && !keys.keyring.demo) cannotTell('a production site needs --public-key=<file>, kept apart from this machine');
if (publicKeyFile) {
  const der = (file: string) => createPublicKey(readFileSync(file)).export({ type: 'spki', format: 'der' });
  let same: boolean;
  try {
    same = der(publicKeyFile).equals(der(join(`${dataDir}-heads`, 'head-key.pub.pem')));
  } catch {
    cannotTell('a public key cannot be read');
  }
  if (!same) {
    console.log('audit: BROKEN: the heads here are not signed with the key given');
    process.exit(1);
  }
}
const opened = await openStore(dataDir);
if (opened.kind !== 'open') cannotTell(`database ${opened.kind} in ${dataDir}`);
const read = readHeads(`${dataDir}-heads`);
if (read.kind === 'forged') {
  console.log(`audit: BROKEN: line ${read.line} of the heads is not signed by this kiosk`);
  process.exit(1);
}
const verdict = await verifyAudit(opened.store.query, keys.keyring, read.heads);
await opened.store.close();
switch (verdict.kind) {
  case 'whole':
    console.log(`audit: whole: ${verdict.rows} rows, ${read.heads.length} heads`);
    break;
  case 'broken':
    console.log(`audit: BROKEN: row ${verdict.seq} is ${verdict.how}`);
    process.exitCode = 1;
    break;
  case 'head-differs':
    console.log(`audit: BROKEN: the signed head at row ${verdict.seq} is not in the chain`);
    process.exitCode = 1;
    break;
}
