/** Everything that a session has said, as lines of JSON or as Markdown. */
import { once } from 'node:events';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Response } from 'express';
import { z } from 'zod';
import { ConvokeError, LIMITS } from '../../contracts/index.ts';
import type { SessionEvent, SessionRef, SessionView } from '../../contracts/index.ts';
import { idSchema } from '../../ingest/index.ts';
import { allow, readerOf } from '../../tenants/index.ts';
import type { GatewayContext } from '../context.ts';
import { endLine, headOf, markdownOf } from '../markdown.ts';
import { ENGINE, problems, queryOf, sessionOf } from '../route.ts';
import type { ApiRoute, Call } from '../route.ts';

const path = z.object({ id: idSchema });
const query = z.strictObject({
  format: z
    .enum(['jsonl', 'md'])
    .default('jsonl')
    .meta({ description: 'Lines of JSON, or Markdown for people.' }),
});

const ABOUT = [
  'One JSON object per line: `{"kind":"session","session":{…}}` with its team, members and status; then',
  '`{"kind":"event","event":{…}}` for each event up to now, oldest first; then `{"kind":"end","events":n}`. Without',
  'that line it is not complete: something failed on the way. As Markdown: what was said, and the feedback on it, in',
  'the order of the log; it ends with `<!-- end: n events -->`. Takes `operate`.',
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
        requestParams: { path, query },
        responses: {
          '200': {
            description: 'The lines.',
            content: {
              'application/x-ndjson': { schema: z.string() },
              'text/markdown': { schema: z.string() },
            },
          },
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
        await writeSession(context, ref, call, FORMATS[queryOf(query, call.req).format]);
      },
    },
  ];
}

type Head = Omit<SessionView, 'entries' | 'turns' | 'feedback'>;

interface Format {
  readonly contentType: string;
  readonly extension: string;
  head(session: Head): string;
  event(event: SessionEvent): string;
  end(events: number): string;
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

const FORMATS: Readonly<Record<'jsonl' | 'md', Format>> = {
  jsonl: {
    ...{ contentType: 'application/x-ndjson', extension: 'ndjson' },
    head: (session) => line({ kind: 'session', session }),
    event: (event) => line({ kind: 'event', event }),
    end: (events) => line({ kind: 'end', events }),
  },
  md: {
    ...{ contentType: 'text/markdown; charset=utf-8', extension: 'md' },
    ...{ head: headOf, event: markdownOf, end: endLine },
  },
};

/** Rejects before the first line with what is wrong; later it ends the connection. */
async function writeSession(
  context: GatewayContext,
  ref: SessionRef,
  call: Call,
  format: Format,
): Promise<void> {
  const { res, principal } = call;
  const {
    entries: _entries,
    turns: _turns,
    feedback: _feedback,
    ...session
  } = await context.delivery.snapshot(ref);
  const { seq: last } = session.position;
  res.setHeader('Content-Type', format.contentType);
  res.setHeader('Content-Disposition', `attachment; filename="${ref.session}.${format.extension}"`);
  try {
    await write(res, format.head(session));
    let after = 0;
    let events = 0;
    while (after < last && !res.destroyed) {
      const page = await context.delivery.page(ref, after, LIMITS.exportPage, readerOf(principal));
      const found = page.data.filter(({ seq }) => seq <= last);
      // What others have asked for comes in between.
      await context.pages.run(ref.tenant, () => nextRound());
      await write(res, found.map((event) => format.event(event)).join(''));
      events += found.length;
      const next = found.at(-1)?.seq;
      // The log fell back, or was built anew: what comes would not go on from what was written.
      if (next === undefined || page.head.epoch !== session.position.epoch)
        throw new ConvokeError('log_unavailable', 'Export it again.');
      after = next;
    }
    await write(res, format.end(events));
    res.end();
  } catch (error) {
    context.logger.warn({ err: error, ...ref }, 'An export has failed on the way');
    res.destroy();
  }
}

/** Waits for a reader that is slow; one that reads nothing is cut like any other. */
async function write(res: Response, text: string): Promise<void> {
  if (text === '' || res.destroyed || res.write(text)) return;
  const gone = new AbortController();
  const end = (): void => gone.abort();
  res.once('close', end);
  await once(res, 'drain', { signal: gone.signal }).catch(() => undefined);
  res.off('close', end);
}
