/** The bare engine's worker. Arguments: Temporal address, Redis URL, workflow bundle. */
import { Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { msSince, nowUs } from '../clock.ts';
import { BARE, type BareHeartbeats, type BareStep } from './contract.ts';
import { say } from './say.ts';

const HEARTBEAT_MS = 700;

const [address = '', redisUrl = '', codePath = ''] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR') });
const redis = new Redis(redisUrl);

async function speak(step: BareStep): Promise<string> {
  const context = Context.current();
  const heart = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await say(redis, step, context.info.attempt);
  } finally {
    clearInterval(heart);
  }
}

/** Through the client: `Context.heartbeat` neither is awaited nor goes out at once. */
async function beat({ count, chars }: BareHeartbeats): Promise<readonly number[]> {
  const { client, info } = Context.current();
  const took: number[] = [];
  for (let beats = 0; beats < count; beats += 1) {
    const start = nowUs();
    await client.activity.heartbeat(info.taskToken, { journal: 'j'.repeat(chars) });
    took.push(msSince(start));
  }
  return took;
}

const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
const worker = await Worker.create({
  connection,
  taskQueue: BARE.taskQueue,
  workflowBundle: { codePath },
  activities: { speak, beat },
  maxConcurrentActivityTaskExecutions: 200,
});
const running = worker.run();
console.log('ready');
await running;
process.exit(0);
