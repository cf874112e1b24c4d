/** A process in which a peer sends a thousand requests ahead and is cut; it writes what became of them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Peers } from '../../src/gateway/edge/peers.ts';
import { get, rawConnection } from '../support/hostile.ts';

export interface Unanswered {
  readonly errors: number;
  readonly withStack: number;
  readonly reasons: readonly unknown[];
  /** `Error.stackTraceLimit` afterwards. */
  readonly limit: number;
}

const reasons: unknown[] = [];
const note = (fields: object): void => void reasons.push((fields as { readonly reason?: string }).reason);
const peers = new Peers({ info: () => undefined, warn: note, error: note });
// Nobody answers.
const server = createServer();
peers.watch(server, async () => '');
const errors: Error[] = [];
// Whoever else is in this process sets it after a connection has been made.
server.once('connection', () => {
  Error.stackTraceLimit = 20;
});
server.on('request', (req) => req.on('error', (error) => errors.push(error)));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const raw = await rawConnection((server.address() as AddressInfo).port);
raw.write(get('/').repeat(1_000));
await raw.over('it is cut');
const told: Unanswered = {
  errors: errors.length,
  withStack: errors.filter(({ stack }) => stack?.includes('    at ') === true).length,
  reasons,
  limit: Error.stackTraceLimit,
};
console.log(JSON.stringify(told));
process.exit(0);
