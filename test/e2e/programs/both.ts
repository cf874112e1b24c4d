/** A worker and a gateway in one process, twice, with mistakes in between. What came of it is written as one line; then the process must end by itself. */
import { agent } from 'convoke';
import { connect } from 'convoke/client';
import { startGateway, type GatewayOptions } from 'convoke/gateway';
import { startWorker, type WorkerOptions } from 'convoke/worker';

const [quiet, agents] = [{ logLevel: 'silent' } as const, { greeter: greeter('Good morning') }];

function greeter(words: string): ReturnType<typeof agent.code> {
  return agent.code(async ({ agent: name }) => `${words} from ${name}`);
}

async function ask(url: string): Promise<string> {
  const client = connect({ url, token: 'dev' });
  try {
    const session = await client.open({ agents: ['greeter'] });
    let said = '';
    for await (const piece of session.ask('Hello')) if (piece.type === 'text') said += piece.text;
    return said;
  } finally {
    client.close();
  }
}

async function refusal(start: () => Promise<unknown>): Promise<string> {
  try {
    await start();
    return 'nothing';
  } catch (error) {
    const { code = 'no code', message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
}

const [worker, gateway] = await Promise.all([
  startWorker({ ...quiet, agents }),
  startGateway({ ...quiet, port: 0, devMode: true }),
]);
const first = await ask(gateway.url);
const listeners = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
const ready = [await worker.isReady()];
const { port } = gateway;
const refusals = [
  await refusal(() => startGateway({ ...quiet, port })),
  await refusal(() => startGateway({ ...quiet, keys: { secret: 'no tenant' } })),
  await refusal(() => startGateway({ prot: 1 } as GatewayOptions)),
  await refusal(() => startWorker({ ...quiet, healthPort: port })),
  await refusal(() => startWorker({ ...quiet, temporalAddress: '127.0.0.1:1' })),
  await refusal(() => startWorker({ ...quiet, temporalNamespace: 'nowhere' })),
  await refusal(() => startWorker({ agents: { greeter: 7 } } as unknown as WorkerOptions)),
  await refusal(() => startWorker({ teams: './no-such-file.ts' })),
];
await worker.stop();
ready.push(await worker.isReady());
const next = await startWorker({ ...quiet, agents: { greeter: greeter('Good evening') } });
const second = await ask(gateway.url);
await Promise.all([gateway.stop(), next.stop(), gateway.stop(), next.stop()]);
console.log(JSON.stringify({ first, second, listeners, ready, refusals }));
