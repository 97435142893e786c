/**
 * Runs inside the private network and does one thing: opens TCP connections there and hands each to the simulators by its descriptor.
 * A socket stays in the network it was made in, so the cards themselves live outside.
 */
import { Socket } from 'node:net';

export function runConnector(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const { port } = message as { port: number };
    const socket = new Socket();
    // Paused before it connects: no byte may be read here.
    socket.pause();
    socket.once('error', () => process.send!({}));
    socket.connect({ port, host: '127.0.0.1', noDelay: true }, () => process.send!({}, socket));
  });
}
