/** /v1/tokens: a tenant's server mints session tokens for browsers. */
import { z } from 'zod';
import { tokenSchema, validate } from '../../ingest/index.ts';
import { actorOf, allowKey, allowMint } from '../../tenants/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { BODY, json, problems } from '../route.ts';
import type { Route } from '../route.ts';
import { ms } from '../shapes.ts';

const reply = z.object({
  token: z
    .string()
    .meta({ description: 'A JWT; give it to the browser of this person, and to nobody else.' }),
  expiresAt: ms,
});

const keySet = z.object({
  keys: z.array(
    z.object({
      ...{ kty: z.string(), crv: z.string(), x: z.string() },
      ...{ kid: z.string(), alg: z.string(), use: z.literal('sig') },
    }),
  ),
});

/** How long others may keep the public keys: a new one has to be among `CONVOKE_TOKEN_KEYS` for so long before it signs, s. */
const KEYS_AGE_S = 300;

export function tokenRoutes({ tokens, audit }: GatewayContext): readonly Route[] {
  return [
    {
      access: 'open',
      method: 'get',
      path: '/.well-known/jwks.json',
      operation: {
        operationId: 'tokenKeys',
        summary: 'The public keys of session tokens',
        description: 'For your own servers, if they are to verify session tokens (RFC 7517).',
        tags: ['Tokens'],
        security: [],
        responses: { '200': json('The keys; none if tokens are signed with secrets.', keySet) },
      },
      async handle(_req, res) {
        res.setHeader('Cache-Control', `public, max-age=${KEYS_AGE_S}`).json(await tokens.publicKeys());
      },
    },
    {
      access: 'key',
      method: 'post',
      path: '/v1/tokens',
      operation: {
        operationId: 'mintToken',
        summary: 'Mint a session token',
        description:
          'For a browser that is to hold nothing but its own session. Only a key mints; a token does not. ' +
          'What its holder sends is from its subject, whatever the request says. A key gives no scope that it lacks itself.',
        tags: ['Tokens'],
        requestBody: { required: true, content: { 'application/json': { schema: tokenSchema } } },
        responses: {
          '201': json('The token.', reply),
          ...problems([...BODY, 'forbidden', 'tokens_not_set_up']),
        },
      },
      async handle({ req, res, principal }) {
        allowKey(principal, 'mint');
        const request = validate(tokenSchema, await readJson(req));
        allowMint(principal, request);
        const minted = await tokens.mint(principal.tenant, request);
        const { subject, sessions } = request;
        audit.note({
          ...{ actor: actorOf(principal), tenant: principal.tenant, action: 'token.mint', target: subject },
          detail: { sessions, expiresAt: minted.expiresAt },
        });
        res.status(201).json(minted);
      },
    },
  ];
}
