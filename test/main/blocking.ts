/** A watched process that blocks itself, again and again, for as many ms as its argument says, and says each time that it goes on. */
import { runFor } from '../../activities/turn/whose.ts';
import { watchEventLoop } from '../../src/main/event-loop.ts';

const ms = Number(process.argv[2]);
const redisUrl = process.env['REDIS_URL'] ?? '';
watchEventLoop({ redisUrl, logLevel: 'info', logger: { warn: (_, message) => console.log(message) } });

function block(): void {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

function begin(): void {
  console.log('begins');
  runFor({ tenant: 'acme', session: 's1', turn: 't1', step: 't1.1', agent: 'a' }, block);
  setTimeout(() => {
    console.log('goes on');
    // Time for the watcher, which may still be loading, and for its words about this.
    setTimeout(begin, 1_000);
  }, 200);
}

begin();
