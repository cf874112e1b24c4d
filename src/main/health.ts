/** Health checks of a process that serves nothing else over HTTP. */
import { createServer } from 'node:http';
import { isConvokeError } from '../contracts/index.ts';

/** Answers `/healthz` and `/readyz` until the returned function is called; the sentence of an error of the table is shown. Rejects with Node's error (`EADDRINUSE`, …). */
export async function serveHealth(
  port: number,
  host: string,
  ready: () => Promise<boolean>,
): Promise<() => void> {
  const server = createServer((req, res) => {
    const answer = (status: number, body: object): void => {
      res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    if (req.url === '/healthz') answer(200, { status: 'ok' });
    else if (req.url === '/readyz') {
      ready().then(
        (yes) => answer(yes ? 200 : 503, { ready: yes }),
        (error: unknown) =>
          answer(503, { ready: false, ...(isConvokeError(error) && { reason: error.message }) }),
      );
    } else answer(404, { status: 'unknown path' });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
