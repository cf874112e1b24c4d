/** /v1/codec: Temporal's Web UI and command line have payloads opened here (https://docs.temporal.io/remote-data-encoding). */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { JsonPayload } from '../../contracts/index.ts';
import { validate } from '../../ingest/index.ts';
import { actorOf, allow, OPERATOR, Seldom } from '../../tenants/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { BODY, json, problems } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { describes, list } from '../shapes.ts';

/** Opens payloads of one tenant, or (null) of all; what cannot be opened stays as it is. */
export type ShowPayloads = (
  tenant: string | null,
  payloads: readonly JsonPayload[],
) => Promise<readonly JsonPayload[]>;

const text = z.string().meta({ description: 'Base64.' });
const payloads = describes<{ readonly payloads: readonly JsonPayload[] }>()(
  z.object({
    payloads: list(z.object({ metadata: z.record(z.string(), text).optional(), data: text.optional() })),
  }),
);
/** Protobuf's JSON leaves an empty list out. */
const asked = z.object({
  payloads: payloads.shape.payloads.unwrap().max(LIMITS.codecPayloads).optional(),
});

export function codecRoutes({ showPayloads, audit }: GatewayContext): readonly ApiRoute[] {
  // The Web UI asks for each page and event: one entry for each actor and window.
  const seldom = new Seldom();
  return [
    {
      access: 'key',
      method: 'post',
      path: '/v1/codec/decode',
      operation: {
        operationId: 'decodePayloads',
        summary: 'Open payloads for the Temporal Web UI',
        description:
          'The protocol of Temporal’s codec servers; the endpoint to set there is `/v1/codec`. An operator’s key opens payloads of all tenants, a key or token with `operate` those of its own. What cannot be opened comes back as it is.',
        tags: ['Administration'],
        requestBody: { content: { 'application/json': { schema: asked } } },
        responses: {
          '200': json('The same payloads, opened.', payloads),
          ...problems([...BODY, 'archive_unavailable']),
        },
      },
      async handle({ req, res, principal }) {
        const isOperator = principal.tenant === OPERATOR;
        if (!isOperator) allow(principal, 'operate');
        const { payloads: given = [] } = validate(asked, await readJson(req, LIMITS.codecBytes));
        const tenant = isOperator ? null : principal.tenant;
        const shown = await showPayloads(tenant, given);
        const actor = actorOf(principal);
        const before = seldom.count(`${tenant ?? OPERATOR} ${actor}`, given.length);
        const what = { tenant, action: 'payload.decode', target: 'temporal' };
        if (before !== null) audit.note({ actor, ...what, detail: { payloads: given.length, before } });
        res.json({ payloads: shown });
      },
    },
  ];
}
