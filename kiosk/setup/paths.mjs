/** Where things are in a clone. */
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
export const BUILD_DIR = `${ROOT}/.build`;
