/** Everything that a session has said, as lines of JSON. */
import { once } from 'node:events';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Response } from 'express';
import { z } from 'zod';
import { ConvokeError, LIMITS } from '../../contracts/index.ts';
import type { SessionRef } from '../../contracts/index.ts';
import { idSchema } from '../../ingest/index.ts';
import { allow, readerOf } from '../../tenants/index.ts';
import type { GatewayContext } from '../context.ts';
import { ENGINE, problems, sessionOf } from '../route.ts';
import type { ApiRoute, Call } from '../route.ts';

const path = z.object({ id: idSchema });

const ABOUT = [
  'One JSON object per line: `{"kind":"session","session":{…}}` with its team, members and status; then',
  '`{"kind":"event","event":{…}}` for each event up to now, oldest first; then `{"kind":"end","events":n}`. Without',
  'that line it is not complete: something failed on the way. Takes `operate`.',
].join('\n');

export function exportRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [
    {
      access: 'key',
      method: 'get',
      path: '/v1/sessions/{id}/export',
      operation: {
        operationId: 'exportSession',
        summary: 'Export a session',
        description: ABOUT,
        tags: ['Sessions'],
        requestParams: { path },
        responses: {
          '200': { description: 'The lines.', content: { 'application/x-ndjson': { schema: z.string() } } },
          ...problems([
            ...ENGINE,
            'session_not_found',
            'log_unavailable',
            'archive_unavailable',
            'worker_unavailable',
          ]),
        },
      },
      async handle(call) {
        const ref = sessionOf(call);
        allow(call.principal, 'operate', ref.session);
        await writeSession(context, ref, call);
      },
    },
  ];
}

/** Rejects before the first line with what is wrong; later it ends the connection. */
async function writeSession(context: GatewayContext, ref: SessionRef, call: Call): Promise<void> {
  const { res, principal } = call;
  const { entries: _entries, turns: _turns, ...session } = await context.delivery.snapshot(ref);
  const { seq: last } = session.position;
  res.setHeader('Content-Type', 'application/x-ndjson');
  res.setHeader('Content-Disposition', `attachment; filename="${ref.session}.ndjson"`);
  try {
    await write(res, [{ kind: 'session', session }]);
    let after = 0;
    let events = 0;
    while (after < last && !res.destroyed) {
      const page = await context.delivery.page(ref, after, LIMITS.exportPage, readerOf(principal));
      const found = page.data.filter(({ seq }) => seq <= last);
      // What others have asked for comes in between.
      await context.pages.run(ref.tenant, () => nextRound());
      await write(
        res,
        found.map((event) => ({ kind: 'event', event })),
      );
      events += found.length;
      const next = found.at(-1)?.seq;
      // The log fell back, or was built anew: what comes would not go on from what was written.
      if (next === undefined || page.head.epoch !== session.position.epoch)
        throw new ConvokeError('log_unavailable', 'Export it again.');
      after = next;
    }
    await write(res, [{ kind: 'end', events }]);
    res.end();
  } catch (error) {
    context.logger.warn({ err: error, ...ref }, 'An export has failed on the way');
    res.destroy();
  }
}

/** Waits for a reader that is slow; one that reads nothing is cut like any other. */
async function write(res: Response, lines: readonly object[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  if (text === '' || res.destroyed || res.write(text)) return;
  const gone = new AbortController();
  const end = (): void => gone.abort();
  res.once('close', end);
  await once(res, 'drain', { signal: gone.signal }).catch(() => undefined);
  res.off('close', end);
}
