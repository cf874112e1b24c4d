/** The bare engine's gateway: signalWithStart in, tokens out. Arguments: Temporal address, Redis URL, port. */
import { createServer } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';
import { bareChannel, BARE, type BareMessage, type BareStart } from './contract.ts';

const [address = '', redisUrl = '', port = ''] = process.argv.slice(2);
const client = new Client({ connection: await Connection.connect({ address }) });
const subscriber = new Redis(redisUrl);
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  allowUpgrades: false,
  serveClient: false,
  perMessageDeflate: false,
  httpCompression: false,
});
const watchers = new Map<string, Socket>();

subscriber.on('smessage', (channel: string, notice: string) => {
  watchers.get(channel)?.emit('token', notice);
});

async function send(start: BareStart, message: BareMessage): Promise<void> {
  await client.workflow.signalWithStart(BARE.workflow, {
    workflowId: `bare:${start.session}`,
    taskQueue: BARE.taskQueue,
    args: [start],
    signal: BARE.signal,
    signalArgs: [message],
  });
}

io.on('connection', (socket) => {
  socket.on('join', (session: string, ack: () => void) => {
    watchers.set(bareChannel(session), socket);
    void subscriber.ssubscribe(bareChannel(session)).then(ack);
  });
  socket.on('send', (start: BareStart, message: BareMessage, ack: (error: string | null) => void) => {
    send(start, message).then(
      () => ack(null),
      (error: unknown) => ack(String(error)),
    );
  });
});

http.listen(Number(port), '127.0.0.1', () => console.log('ready'));
