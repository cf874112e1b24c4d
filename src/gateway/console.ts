/** The console at `/console`: the files of its build, under a policy of its own that is stricter than that of the rest. */
import { readdirSync } from 'node:fs';
import { Router } from 'express';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { assets } from './assets.ts';

interface ConsoleConfig {
  /** What `npm run build` has written to `dist/console`. */
  readonly folder: string;
  readonly devMode: boolean;
}

/** Names of all files but the page carry a hash of their content, s. */
const FOR_EVER_S = 31_536_000;
const PAGE = 'index.html';

/** Scripts and styles of this gateway alone, no markup from strings, no frames, no forms that go elsewhere. */
const POLICY: RequestHandler = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
  },
});

/** Needs no key: it is a page like any other, and everything that it shows comes from the API. */
export function consolePages({ folder, devMode }: ConsoleConfig): RequestHandler {
  const hashed = readdirSync(folder).filter((name) => name !== PAGE);
  const router = Router();
  router.use(POLICY);
  // In dev mode everybody knows the key `dev`: the console asks for none.
  router.get('/config.json', (_req, res) => {
    res.setHeader('Cache-Control', 'no-store');
    res.json({ devMode });
  });
  router.use(assets({ folder, maxAgeS: FOR_EVER_S, only: hashed, compress: true }));
  router.use(assets({ folder, maxAgeS: 0, only: [PAGE], compress: true }));
  return router;
}
