/** /v1/tokens: a tenant's server mints session tokens for browsers. */
import { z } from 'zod';
import { tokenSchema } from '../../ingest/index.ts';
import { ConvokeError } from '../../contracts/index.ts';
import { validate } from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { BODY, json, problems } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { ms } from '../shapes.ts';

const reply = z.object({
  token: z
    .string()
    .meta({ description: 'A JWT; give it to the browser of this person, and to nobody else.' }),
  expiresAt: ms,
});

export function tokenRoutes({ tokens }: GatewayContext): readonly ApiRoute[] {
  return [
    {
      access: 'key',
      method: 'post',
      path: '/v1/tokens',
      operation: {
        operationId: 'mintToken',
        summary: 'Mint a session token',
        description:
          'For a browser that is to hold nothing but its own session. Only a key mints; a token does not. ' +
          'What its holder sends is from its subject, whatever the request says.',
        tags: ['Tokens'],
        requestBody: { required: true, content: { 'application/json': { schema: tokenSchema } } },
        responses: {
          '201': json('The token.', reply),
          ...problems([...BODY, 'forbidden', 'tokens_not_set_up']),
        },
      },
      async handle({ req, res, principal }) {
        if (principal.grant) throw new ConvokeError('forbidden', 'Mint tokens with a key of the tenant.');
        const request = validate(tokenSchema, await readJson(req));
        res.status(201).json(await tokens.mint(principal.tenant, request));
      },
    },
  ];
}
