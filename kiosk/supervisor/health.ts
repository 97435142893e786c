/** Asks the host's `/healthz` (host/doors.ts) as a supervisor must: with a time limit, believing nothing that does not fit. */
import { z } from 'zod';

const ANSWERS_WITHIN_MS = 900;
const Health = z.looseObject({ bridge: z.enum(['joined', 'gone']) });

/** Null when nobody answers in time, or not as the host does. */
export async function askHealth(port: number): Promise<z.infer<typeof Health> | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    const health = Health.safeParse(await answer.json());
    return health.success ? health.data : null;
  } catch {
    return null;
  }
}
