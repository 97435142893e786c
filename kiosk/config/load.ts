/** Reads the YAML an operator edits. A wrong file is named, with the path in it and what was expected; nothing starts with it. */
import { readFileSync } from 'node:fs';
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
    cardProfiles.push(profile.value);
  }
  return { kind: 'loaded', value: { siteName, site: site.value, retention: retention.value, cardProfiles } };
}
