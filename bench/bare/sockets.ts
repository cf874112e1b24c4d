/** The least of a Socket.IO gateway: messages in, tokens out of Redis. */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { bareChannel, type BareMessage, type BareStart } from './contract.ts';

/** `send` resolves once the message is durable. Says `ready` on stdout when clients may come. */
export function serveSockets(
  redisUrl: string,
  port: number,
  send: (start: BareStart, message: BareMessage) => Promise<unknown>,
): void {
  const subscriber = new Redis(redisUrl);
  const http = createServer();
  const io = new Server(http, {
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
  });
  subscriber.on('smessage', (channel: string, notice: string) => {
    io.to(channel).emit('token', notice);
  });
  io.on('connection', (socket) => {
    socket.on('join', (session: string, ack: () => void) => {
      void socket.join(bareChannel(session));
      void subscriber.ssubscribe(bareChannel(session)).then(ack);
    });
    socket.on('send', (start: BareStart, message: BareMessage, ack: (error: string | null) => void) => {
      send(start, message).then(
        () => ack(null),
        (error: unknown) => ack(String(error)),
      );
    });
  });
  http.listen(port, '127.0.0.1', () => console.log('ready'));
}
