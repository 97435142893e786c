/** Reads the YAML an operator edits. A wrong file is named, with the path in it and what was expected; nothing starts with it. */
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { CardProfile } from '../../firmware-bridge/config.ts';
import { RetentionConfig, SiteConfig } from './site.ts';

export type Loaded<T> = { readonly kind: 'loaded'; readonly value: T } | { readonly kind: 'wrong'; readonly complaint: string };

/** One YAML file checked by its schema. `complaint` names the file, the path in it and what was expected. */
export function loadYaml<S extends z.ZodType>(file: string, schema: S): Loaded<z.output<S>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { kind: 'wrong', complaint: `${file}: cannot be read` };
  }
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken) return { kind: 'wrong', complaint: `${file}: not YAML at line ${broken.linePos?.[0].line ?? '?'}: ${broken.code}` };
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { kind: 'loaded', value: parsed.data };
  const complaint = parsed.error.issues.map((issue) => `${file}: ${issue.path.join('.') || '(whole file)'}: ${issue.message}`).join('\n');
  return { kind: 'wrong', complaint };
}

export interface KioskConfig {
  readonly siteName: string;
  readonly site: SiteConfig;
  readonly retention: RetentionConfig;
  readonly cardProfiles: readonly CardProfile[];
}

/** The public key of the demonstration issuer, whose private key everybody has; null where it was not shipped. */
function demoIssuerSpki(configDir: string): string | null {
  const file = join(configDir, 'cards/specimens/demo-issuer.key.pem');
  return existsSync(file) ? createPublicKey(readFileSync(file)).export({ type: 'spki', format: 'der' }).toString('base64') : null;
}

/** What a schema cannot see of a card profile: whether this site may accept it (T7, T21). Null when it may. */
function complaintAbout(profile: CardProfile, name: string, demo: boolean, demoSpki: string | null): string | null {
  if (profile.id !== name) return `id: "${name}", as the file is called`;
  if (profile.proves === 'active' && !profile.activeProof)
    return 'activeProof: how the chip proves itself, since the profile says that it does';
  const specimen = profile.id.includes('specimen') || (demoSpki !== null && profile.activeProof?.issuerKeySpkiBase64 === demoSpki);
  if (!demo && specimen) return 'activeProof.issuerKeySpkiBase64: a real issuer: only a demonstration site may accept specimens';
  if (demo && !specimen) return 'id: a specimen profile: a demonstration site reads nobody’s real card';
  return null;
}

/** Everything under `config/` that this site uses. `siteName` is a file name under `config/sites`, without `.yaml`. */
export function loadKioskConfig(configDir: string, siteName: string): Loaded<KioskConfig> {
  if (!/^[a-z0-9-]+$/.test(siteName)) return { kind: 'wrong', complaint: `--site=${siteName}: small letters, digits and hyphens` };
  const site = loadYaml(join(configDir, 'sites', `${siteName}.yaml`), SiteConfig);
  if (site.kind === 'wrong') return site;
  const retention = loadYaml(join(configDir, 'retention.yaml'), RetentionConfig);
  if (retention.kind === 'wrong') return retention;
  const cardProfiles: CardProfile[] = [];
  for (const id of site.value.devices.card?.profiles ?? []) {
    const profile = loadYaml(join(configDir, 'cards', `${id}.yaml`), CardProfile);
    if (profile.kind === 'wrong') return profile;
    const complaint = complaintAbout(profile.value, id, site.value.demo, demoIssuerSpki(configDir));
    if (complaint) return { kind: 'wrong', complaint: `${join(configDir, 'cards', `${id}.yaml`)}: ${complaint}` };
    cardProfiles.push(profile.value);
  }
  return { kind: 'loaded', value: { siteName, site: site.value, retention: retention.value, cardProfiles } };
}
