/** The OpenAPI 3.1 document, generated from the routes. */
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Route } from './route.ts';

/** That of the package. The paths of the API begin with its own, `/v1`. */
const VERSION = '0.1.0';

const ABOUT =
  'Sessions in which agents and people exchange messages. The tenant comes from the key; in dev mode the key is `dev`. ' +
  'Errors are application/problem+json with a stable `code`; every answer carries `X-Request-Id`. ' +
  'Socket.IO offers the same requests and live frames: see PROTOCOL.md.';

const TAGS = [
  'Sessions',
  'Messages',
  'Feedback',
  'Approvals',
  'Schedules',
  'Events',
  'Presence',
  'Tokens',
  'Administration',
  'System',
];

export function describeApi(routes: readonly Route[]): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const { method, path, operation } of routes) paths[path] = { ...paths[path], [method]: operation };
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Convoke',
        version: VERSION,
        description: ABOUT,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: TAGS.map((name) => ({ name })),
      security: [{ key: [] }],
      paths,
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key; `dev` in dev mode.' },
        },
      },
    },
    {
      // Answers may gain fields; only requests are strict.
      override: ({ jsonSchema, io }) => {
        if (io === 'output' && jsonSchema.additionalProperties === false)
          delete jsonSchema.additionalProperties;
      },
    },
  );
}
