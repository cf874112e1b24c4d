/** The bare engine's gateway: signalWithStart in, tokens out. Arguments: Temporal address, Redis URL, port. */
import { Client, Connection } from '@temporalio/client';
import { BARE } from './contract.ts';
import { serveSockets } from './sockets.ts';

const [address = '', redisUrl = '', port = ''] = process.argv.slice(2);
const client = new Client({ connection: await Connection.connect({ address }) });

serveSockets(redisUrl, Number(port), (start, message) =>
  client.workflow.signalWithStart(BARE.workflow, {
    workflowId: `bare:${start.session}`,
    taskQueue: BARE.taskQueue,
    args: [start],
    signal: BARE.signal,
    signalArgs: [message],
  }),
);
