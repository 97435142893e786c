/** Brings a database to this version's schema, whatever else is being done to it at this moment. */
import type { Knex } from 'knex';
import { migrationSource, migrations } from './migrations.ts';

const MIGRATES_WITHIN_MS = 3_000;

/**
 * Migrates where needed. Another process may be opening the same database at this moment: then it is busy, half made or locked, and
 * is tried again; a migration lock whose owner was killed is freed after `MIGRATES_WITHIN_MS`. `finalFaults` are the driver's codes
 * that waiting does not mend.
 */
export async function prepare(knex: Knex, finalFaults: readonly string[]): Promise<'open' | 'newer' | 'fault'> {
  const known = new Set(migrations.map(({ name }) => name));
  const startedAtMs = performance.now();
  for (;;) {
    try {
      const applied: { name: string }[] = (await knex.schema.hasTable('knex_migrations'))
        ? await knex('knex_migrations').select('name')
        : [];
      if (applied.some(({ name }) => !known.has(name))) return 'newer';
      if (applied.length < migrations.length) await knex.migrate.latest({ migrationSource });
      return 'open';
    } catch (fault) {
      const waitedMs = performance.now() - startedAtMs;
      if (finalFaults.includes(String((fault as { code?: unknown }).code)) || waitedMs > 2 * MIGRATES_WITHIN_MS) return 'fault';
      if (waitedMs > MIGRATES_WITHIN_MS) await knex.migrate.forceFreeMigrationsLock({ migrationSource }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
