import { z } from 'zod';

/** The languages that have locale files (zh-TW comes with the interaction layer). A site offers some of them. */
export const LangSchema = z.enum(['zh-HK', 'zh-CN', 'en']);
export type Lang = z.infer<typeof LangSchema>;
export const LANGS = LangSchema.options;
