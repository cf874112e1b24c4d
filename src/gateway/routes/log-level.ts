/** /v1/admin/log-level: how much all processes log, for a while. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import { validate } from '../../ingest/index.ts';
import { actorOf, allowOperator } from '../../tenants/index.ts';
import { LOG_LEVELS } from '../../telemetry/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import type { ApiRoute } from '../route.ts';
import { ms } from '../shapes.ts';
import { adminRoute } from './admin-shapes.ts';

export interface ChosenLevel {
  readonly level: string;
  /** ms since the Unix epoch. */
  readonly until: number;
}

/** What all processes look at. Throws `log_unavailable`. */
export interface LogLevels {
  choose(chosen: ChosenLevel | null): Promise<void>;
  chosen(): Promise<ChosenLevel | null>;
}

export const NO_LEVELS: LogLevels = { choose: async () => undefined, chosen: async () => null };

const { logLevelMinutes: usual, logLevelMostMinutes: most } = LIMITS;

const level = z
  .enum(LOG_LEVELS)
  .nullable()
  .meta({ description: '`debug`: each decision about a message. Null: as each process was configured.' });

const body = z
  .strictObject({
    level,
    minutes: z
      .int()
      .min(1)
      .max(most)
      .meta({ description: `How long; default: ${usual}.` })
      .exactOptional(),
  })
  .meta({ id: 'LogLevelRequest', examples: [{ level: 'debug', minutes: 15 }] });

const reply = z.object({ level, until: ms.nullable() }).meta({ id: 'LogLevel' });

const NONE = { level: null, until: null };

export function logLevelRoutes({ levels, audit }: GatewayContext): readonly ApiRoute[] {
  return [
    adminRoute({
      ...{ method: 'get', path: '/log-level', id: 'getLogLevel', summary: 'Show how much is logged' },
      ...{ reply, codes: ['log_unavailable'] },
      async answer({ principal }) {
        allowOperator(principal);
        return (await levels.chosen()) ?? NONE;
      },
    }),
    adminRoute({
      ...{ method: 'post', path: '/log-level', id: 'setLogLevel', summary: 'Log more, or less, for a while' },
      description: `All gateways and workers do within ${LIMITS.logLevelEveryMs / 1000} s, and go back by themselves.`,
      ...{ body, reply, codes: ['log_unavailable'] },
      async answer({ req, principal }) {
        allowOperator(principal);
        const { level: wanted, minutes = usual } = validate(body, await readJson(req));
        const chosen = wanted === null ? null : { level: wanted, until: Date.now() + minutes * 60_000 };
        await levels.choose(chosen);
        audit.note({
          ...{
            actor: actorOf(principal),
            tenant: null,
            action: 'log-level.set',
            target: wanted ?? 'default',
          },
          detail: wanted === null ? {} : { minutes },
        });
        return chosen ?? NONE;
      },
    }),
  ];
}
