import { expect, test } from 'vitest';
import { createLeases } from './lease.ts';

const TOKEN = 'a token long enough';

test('T3 [part] the lease of a holder that vanished ends at once, devices cleared, and its token is worth nothing', async () => {
  const happened: string[] = [];
  const leases = createLeases({
    ending: () => void happened.push('ending'),
    clear: async () => void happened.push('cleared'),
    onHolder: (visitor) => void happened.push(visitor ? 'held' : 'free'),
  });
  const visitor = { leaseEnded: () => void happened.push('told') };
  await leases.grant('one', TOKEN);
  expect(leases.present(TOKEN, visitor)).toBe('held');
  leases.leave(visitor);
  expect(leases.present(TOKEN, visitor)).toBe('refused');
  // In turn behind the ending: nothing is left of it when this answers.
  expect(await leases.end('another')).toBe('no-lease');
  expect(happened).toEqual(['held', 'free', 'ending', 'cleared']);
});

test('a lease that ends says so to its jobs first, then to its holder, then clears', async () => {
  const happened: string[] = [];
  const leases = createLeases({
    ending: () => void happened.push(leases.holder() ? 'ending, holder hears' : 'ending'),
    clear: async () => void happened.push('cleared'),
    onHolder: () => {},
  });
  await leases.grant('one', TOKEN);
  leases.present(TOKEN, { leaseEnded: (id) => void happened.push(`${id} ended`) });
  await leases.end('one');
  expect(happened).toEqual(['ending, holder hears', 'one ended', 'cleared']);
});
