/** The schema's history: forward only, never edited once landed. */
import type { Knex } from 'knex';

interface Migration {
  readonly name: string;
  up(knex: Knex): Promise<void>;
}

export const migrations: readonly Migration[] = [
  {
    name: '2026-11-21-acts-receipts-audit',
    async up(knex) {
      await knex.schema.createTable('acts', (table) => {
        table.text('act_key').primary();
        table.text('number').notNullable().unique();
        table.text('flow').notNullable();
        table.text('subject_hash').notNullable();
        table.text('at').notNullable();
      });
      await knex.schema.createTable('receipts', (table) => {
        table.text('id').primary();
        table.text('act_key').notNullable().unique().references('acts.act_key');
        table.integer('width_dots').notNullable();
        table.integer('height_dots').notNullable();
        /** Sealed bitmaps: the slip, and the same slip with the word COPY. */
        table.binary('bitmap').notNullable();
        table.binary('copy_bitmap').notNullable();
        table.text('state').notNullable();
        table.text('changed_at').notNullable();
        table.text('keep_until').notNullable();
      });
      await knex.schema.createTable('audit', (table) => {
        table.integer('seq').primary();
        table.text('at').notNullable();
        table.text('event').notNullable();
        table.text('subject_hash');
        table.text('assurance');
        table.text('detail').notNullable();
        table.text('mac').notNullable();
      });
      /** Where the chain begins after the oldest rows were purged: the last purged row's place, under a MAC of its own. */
      await knex.schema.createTable('audit_anchor', (table) => {
        table.integer('seq').primary();
        table.text('mac').notNullable();
        table.text('anchor_mac').notNullable();
      });
    },
  },
];

/** Knex reads migrations from files by default; a bundle has none, so they are given as values. */
export const migrationSource = {
  getMigrations: async () => [...migrations],
  getMigrationName: (migration: Migration) => migration.name,
  getMigration: async (migration: Migration) => ({ up: migration.up, down: async () => {} }),
};
