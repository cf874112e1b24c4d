/** A small process for tests of the supervisor: serves /readyz on a port, writes down what happens to it, ends as it is told. */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [name, port, file, mode = 'drain'] = process.argv.slice(2);
const note = (what) => appendFileSync(file, `${name} ${what}\n`);

if (mode === 'broken') {
  console.error('{"msg":"no such database"}');
  process.exit(3);
}
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    note(signal);
    if (mode === 'stubborn') return;
    note('ended');
    process.exit(0);
  });
}
createServer((_request, response) => response.end('ok')).listen(Number(port), '127.0.0.1', () =>
  note('ready'),
);
