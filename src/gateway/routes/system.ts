/** Health checks, and the description of the API. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { assets } from '../assets.ts';
import type { GatewayContext } from '../context.ts';
import { readinessReply } from '../replies-system.ts';
import { json } from '../route.ts';
import type { OpenRoute } from '../route.ts';

const TAGS = ['System'];

function healthRoutes(context: GatewayContext): readonly OpenRoute[] {
  return [
    {
      access: 'open',
      method: 'get',
      path: '/healthz',
      operation: {
        operationId: 'health',
        summary: 'Is the process alive?',
        tags: TAGS,
        security: [],
        responses: { '200': json('The process is alive.', z.object({ status: z.literal('ok') })) },
      },
      handle(_req, res) {
        res.json({ status: 'ok' });
      },
    },
    {
      access: 'open',
      method: 'get',
      path: '/readyz',
      operation: {
        operationId: 'readiness',
        summary: 'Is the gateway ready to serve?',
        tags: TAGS,
        security: [],
        responses: {
          '200': json('The gateway is ready.', readinessReply),
          '503': json('The gateway is stopping, or a check has failed.', readinessReply),
        },
      },
      async handle(_req, res) {
        const report = await context.readiness.report();
        const ready = report.ready && !context.connections.draining;
        res.status(ready ? 200 : 503).json({ ...report, ready });
      },
    },
  ];
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Convoke API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const SCRIPT = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
window.ui = SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis], tryItOutEnabled: true,
});
`;

/** Everything comes from this server: no CDN, no inline scripts. */
const DOCS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** The files of the docs page, from the installed package. */
export function docsAssets(): RequestHandler {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return assets({ folder, only: ASSETS, maxAgeS: 3_600 });
}

function docsRoutes(describe: () => unknown): readonly OpenRoute[] {
  const text = (mime: string, description: string): ZodOpenApiResponseObject => ({
    description,
    content: { [mime]: { schema: z.string() } },
  });
  const route = (
    path: string,
    summary: string,
    mime: string,
  ): Pick<OpenRoute, 'access' | 'method' | 'path' | 'operation'> => ({
    access: 'open',
    method: 'get',
    path,
    operation: { summary, tags: TAGS, security: [], responses: { '200': text(mime, `${summary}.`) } },
  });
  return [
    {
      ...route('/openapi.json', 'The OpenAPI description', 'application/json'),
      handle: (_req, res) => void res.json(describe()),
    },
    {
      ...route('/docs', 'The API documentation as a page', 'text/html'),
      handle: (_req, res) => void res.setHeader('Content-Security-Policy', DOCS_CSP).type('html').send(PAGE),
    },
    {
      ...route('/docs/start.js', 'The script of the documentation page', 'text/javascript'),
      handle: (_req, res) => void res.type('text/javascript').send(SCRIPT),
    },
  ];
}

/** At `/` of a gateway without a page. */
function homeRoute(): OpenRoute {
  const home = z.object({ name: z.string(), docs: z.string(), openapi: z.string(), ready: z.string() });
  return {
    access: 'open',
    method: 'get',
    path: '/',
    operation: {
      operationId: 'home',
      summary: 'What is here?',
      tags: TAGS,
      security: [],
      responses: { '200': json('Where the documentation of the API is.', home) },
    },
    handle: (_req, res) =>
      void res.json({ name: 'Convoke', docs: '/docs', openapi: '/openapi.json', ready: '/readyz' }),
  };
}

/** `hasPage`: a page is served at `/`. `describe` returns the OpenAPI document of all routes, including these. */
export function systemRoutes(
  context: GatewayContext,
  describe: () => unknown,
  hasPage: boolean,
): readonly OpenRoute[] {
  return [...(hasPage ? [] : [homeRoute()]), ...healthRoutes(context), ...docsRoutes(describe)];
}
