/** Mints a session token for whoever is signed in. */
import { createServer } from 'node:http';

const gateway = process.env['CONVOKE_URL'] ?? 'http://127.0.0.1:3000';
const authorization = `Bearer ${process.env['CONVOKE_KEY'] ?? 'dev'}`;
const headers = { authorization, 'content-type': 'application/json' };
const away = () => new Response(null, { status: 503 });

createServer(async (request, response) => {
  const user = request.headers['x-user']; // Whoever is signed in: ask your own session for that.
  if (typeof user !== 'string') return void response.writeHead(401).end();
  const body = JSON.stringify({ subject: user, sessions: [`${user}-*`], role: 'participant' });
  const minted = await fetch(`${gateway}/v1/tokens`, { method: 'POST', headers, body }).catch(away);
  response.writeHead(minted.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(await minted.text());
}).listen(Number(process.env['PORT'] ?? 8080));
