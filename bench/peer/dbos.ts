/**
 * The same turns on a durable engine of another make, DBOS: a workflow for each turn, a checkpointed step for each agent, in one process
 * with the gateway, as DBOS is meant to be used. Arguments: database URL, Redis URL, port.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { Redis } from 'ioredis';
import type { BareMessage, BareStart } from '../bare/contract.ts';
import { say } from '../bare/say.ts';
import { serveSockets } from '../bare/sockets.ts';

const [systemDatabaseUrl = '', redisUrl = '', port = ''] = process.argv.slice(2);
const redis = new Redis(redisUrl);

async function runTurn(start: BareStart, message: BareMessage): Promise<void> {
  let heard = message.text;
  for (let agent = 0; agent < start.agents; agent += 1) {
    const step = { ...start, turn: message.turn, agent, heard };
    heard = await DBOS.runStep(() => say(redis, step, 1), { name: `agent${agent}` });
  }
}

const turn = DBOS.registerWorkflow(runTurn, { name: 'turn' });
DBOS.setConfig({ name: 'bench', systemDatabaseUrl, logLevel: 'error' });
await DBOS.launch();

serveSockets(redisUrl, Number(port), (start, message) =>
  DBOS.startWorkflow(turn, { workflowID: `${start.session}:${message.turn}` })(start, message),
);
