/** The bare engine's worker. Arguments: Temporal address, Redis URL, workflow bundle. */
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { nowUs } from '../clock.ts';
import { bareChannel, BARE, type BareStep } from './contract.ts';

const HEARTBEAT_MS = 700;

const [address = '', redisUrl = '', codePath = ''] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR') });
const redis = new Redis(redisUrl);

async function speak(step: BareStep): Promise<string> {
  const context = Context.current();
  const heart = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  const channel = bareChannel(step.session);
  const head = `${step.turn} ${step.agent} ${context.info.attempt}`;
  const sent: Promise<unknown>[] = [];
  let said = '';
  try {
    for (let index = 0; index < step.tokens; index += 1) {
      if (step.paceMs > 0) await pause(step.paceMs);
      const token = step.stamped ? String(nowUs()) : `w${index + 1}`;
      said += index === 0 ? token : ` ${token}`;
      sent.push(redis.spublish(channel, `${head} ${index} ${token}`));
    }
    await Promise.all(sent);
    return said;
  } finally {
    clearInterval(heart);
  }
}

const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue: BARE.taskQueue,
  workflowBundle: { codePath },
  activities: { speak },
  maxConcurrentActivityTaskExecutions: 200,
});
const running = worker.run();
console.log('ready');
await running;
process.exit(0);
