import { createServer as createHttp, get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { listenOnLoopback } from './loopback.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
/** A machine without IPv6 has one loopback address only, and nobody can take the other. */
const HOSTS = hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];

const at = (host: string, port: number) =>
  new Promise<string>((resolve) => {
    get({ host, port }, (answer) => answer.setEncoding('utf8').on('data', resolve)).on('error', (error) => resolve(error.message));
  });

test('one server answers at both loopback addresses, and at neither when it is closed', async () => {
  const loopback = await listenOnLoopback(
    createHttp((_, answer) => answer.end('ours')),
    0,
  );
  for (const host of HOSTS) expect(await at(host, loopback.port)).toBe('ours');
  loopback.close();
  for (const host of HOSTS) expect(await at(host, loopback.port)).not.toBe('ours');
});

test.each(HOSTS)('a port of which a stranger has %s is not taken: another one is, with both', async (host) => {
  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen({ host, port: 0 }, resolve));
  const { port } = stranger.address() as AddressInfo;
  const loopback = await listenOnLoopback(
    createHttp((_, answer) => answer.end('ours')),
    port,
  );
  expect(loopback.port).not.toBe(port);
  for (const own of HOSTS) expect(await at(own, loopback.port)).toBe('ours');
  loopback.close();
  stranger.close();
});
