/** In development only: the page shows the processes of the stack, and has one killed. */
import { isIP } from 'node:net';
import type { Request } from 'express';
import { ConvokeError } from '../../contracts/index.ts';
import type { DevProcess } from '../../contracts/index.ts';
import { allow } from '../../tenants/index.ts';
import { isLocalHost } from '../origins.ts';
import type { ApiRoute } from '../route.ts';

/** Whoever has started this gateway and the processes beside it. */
export interface Supervisor {
  processes(): readonly DevProcess[];
  /** Kills it with SIGKILL and starts it again. */
  kill(name: string): void;
}

const operation = { responses: {} };

export function devRoutes(supervisor: Supervisor): readonly ApiRoute[] {
  return [
    {
      ...{ access: 'key', method: 'get', path: '/dev/processes', operation },
      async handle({ req, res, principal }) {
        allow(principal, 'operate');
        requireOwnPage(req);
        res.json(supervisor.processes());
      },
    },
    {
      ...{ access: 'key', method: 'post', path: '/dev/processes/{name}/kill', operation },
      async handle({ req, res, principal }) {
        allow(principal, 'operate');
        requireOwnPage(req);
        const found = supervisor.processes().find(({ name }) => name === req.params['name']);
        if (!found) throw new ConvokeError('not_found', 'GET /dev/processes names those that run.');
        res.status(202).json(found);
        // After the answer: it may be this process.
        res.once('finish', () => supervisor.kill(found.name));
      },
    },
  ];
}

/**
 * From this machine, to a name of this machine, and from this gateway's own page or a program: the key `dev` is known to everybody, and pages of
 * other ports may call the rest of the API.
 */
function requireOwnPage(req: Request): void {
  const host = req.get('host');
  const origin = req.get('origin');
  const site = req.get('sec-fetch-site') ?? 'same-origin';
  const own = origin === undefined || URL.parse(origin)?.host === host?.toLowerCase();
  if (isLoopback(req.socket.remoteAddress) && isLocalHost(host) && own && site === 'same-origin') return;
  throw new ConvokeError('origin_not_allowed', 'Only the page of this gateway may do that, on this machine.');
}

function isLoopback(address = ''): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return isIP(plain) !== 0 && (plain === '::1' || plain.startsWith('127.'));
}
