/** The Express application: security headers, request ids, the routes, and a problem for everything else. */
import express from 'express';
import type { Express, Handler, Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { ConvokeError, isConvokeError } from '../contracts/index.ts';
import { bearerToken } from '../ingest/index.ts';
import type { Principal } from '../tenants/index.ts';
import { assets } from './assets.ts';
import { consolePages } from './console.ts';
import type { GatewayContext } from './context.ts';
import { describeApi } from './openapi.ts';
import { timed } from './measure.ts';
import { problemHandler, requestId } from './problem.ts';
import type { ApiRoute, Route } from './route.ts';
import { devRoutes } from './routes/dev.ts';
import type { Supervisor } from './routes/dev.ts';
import { codecRoutes } from './routes/codec.ts';
import { adminRoutes } from './routes/admin.ts';
import { eraseRoutes } from './routes/erase.ts';
import { logLevelRoutes } from './routes/log-level.ts';
import { exportRoutes } from './routes/export.ts';
import { eventRoutes } from './routes/events.ts';
import { feedbackRoutes } from './routes/feedback.ts';
import { fileRoutes } from './routes/files.ts';
import { messageRoutes } from './routes/messages.ts';
import { forkRoutes } from './routes/forks.ts';
import { deploymentRoutes } from './routes/deployment.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { scheduledRoutes } from './routes/scheduled.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { presenceRoutes } from './routes/presence.ts';
import { usageRoutes } from './routes/usage.ts';
import { docsAssets, systemRoutes } from './routes/system.ts';

export interface AppConfig {
  /** A folder of static files for `/`, in dev mode. */
  readonly pageDir?: string | undefined;
  /** The built console, for `/console`; absent: there is none. */
  readonly consoleDir?: string | undefined;
  readonly devMode: boolean;
  /** Of `convoke dev`; absent anywhere else. */
  readonly supervisor?: Supervisor | undefined;
}

/** In dev mode the page may connect to the other gateways on this machine. */
const LOCAL_SOURCES = ['http://localhost:*', 'http://127.0.0.1:*', 'ws://localhost:*', 'ws://127.0.0.1:*'];

function securityHeaders(devMode: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      // Helmet's defaults would send a page on plain http to https.
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", ...(devMode ? LOCAL_SOURCES : [])],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // TLS ends at a proxy, which is responsible for HSTS.
    strictTransportSecurity: false,
  });
}

function hostCheck(context: GatewayContext): RequestHandler {
  return (req, _res, next) => {
    if (context.allowsHost(req.get('host'))) next();
    else next(new ConvokeError('origin_not_allowed', 'In dev mode, use localhost or an IP address.'));
  };
}

/** Pages of allowed origins may call the API; it never uses cookies, so nothing more is needed. */
function cors(context: GatewayContext): RequestHandler {
  return (req, res, next) => {
    const origin = req.get('origin');
    res.vary('Origin');
    if (origin === undefined || !context.allowsOrigin(origin, req.get('host'))) {
      next();
      return;
    }
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader(
      'Access-Control-Expose-Headers',
      'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Location, Idempotency-Replayed, ETag, Content-Range, Content-Disposition',
    );
    if (req.method !== 'OPTIONS' || req.get('access-control-request-method') === undefined) {
      next();
      return;
    }
    res.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE');
    res.setHeader(
      'Access-Control-Allow-Headers',
      'Authorization, Content-Type, Content-Digest, Repr-Digest, Idempotency-Key, Last-Event-ID, Range, If-Range, If-None-Match, Traceparent, X-Namespace',
    );
    res.setHeader('Access-Control-Max-Age', '600');
    res.status(204).end();
  };
}

async function authenticated(
  { intake, tickets, peers, refusals }: GatewayContext,
  { takesTicket }: ApiRoute,
  req: Request,
): Promise<Principal> {
  const { ticket } = req.query;
  const header = req.get('authorization');
  try {
    return await (takesTicket && header === undefined && typeof ticket === 'string'
      ? tickets.redeem(ticket, String(req.params['id']))
      : intake.authenticate(bearerToken(header)));
  } catch (error) {
    if (isConvokeError(error) && error.code === 'unauthorized') await refusals.slow(peers.of(req.socket));
    throw error;
  }
}

function handlersOf(context: GatewayContext, route: Route): readonly Handler[] {
  if (route.access === 'open') return [(req, res) => route.handle(req, res)];
  const answer: Handler = async (req, res) => {
    // The key is checked before anything else of the request.
    const principal = await authenticated(context, route, req);
    res.setHeader('Cache-Control', 'no-store');
    try {
      await route.handle({ req, res, principal });
    } catch (error) {
      context.refused.note(principal, error, `${route.method} ${route.path}`);
      throw error;
    }
  };
  return route.whileDraining === true ? [answer] : [refuseWhileDraining(context), answer];
}

function refuseWhileDraining(context: GatewayContext): Handler {
  return (_req, _res, next) => {
    next(
      context.connections.draining
        ? new ConvokeError('draining', 'Send it again; another gateway will answer.')
        : undefined,
    );
  };
}

/** Answers all other methods of a path. */
function otherMethods(methods: readonly string[]): Handler {
  const allow = methods
    .flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
    .join(', ');
  return (_req, res, next) => {
    res.setHeader('Allow', allow);
    next(new ConvokeError('method_not_allowed', `Use one of: ${allow}.`));
  };
}

function mount(app: Express, context: GatewayContext, routes: readonly Route[]): void {
  for (const [path, members = []] of Object.entries(Object.groupBy(routes, (route) => route.path))) {
    const place = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const route of members) place[route.method](...timed(context, route), ...handlersOf(context, route));
    place.all(otherMethods(members.map((route) => route.method)));
  }
}

export function createApp(context: GatewayContext, config: AppConfig): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', false);
  app.enable('case sensitive routing');
  app.use(requestId, securityHeaders(config.devMode), hostCheck(context), cors(context));
  const routes: Route[] = [
    ...sessionRoutes(context),
    ...forkRoutes(context),
    ...approvalRoutes(context),
    ...messageRoutes(context),
    ...feedbackRoutes(context),
    ...fileRoutes(context),
    ...scheduledRoutes(context),
    ...scheduleRoutes(context),
    ...eventRoutes(context),
    ...presenceRoutes(context),
    ...tokenRoutes(context),
    ...adminRoutes(context),
    ...deploymentRoutes(context),
    ...usageRoutes(context),
    ...codecRoutes(context),
    ...eraseRoutes(context),
    ...logLevelRoutes(context),
    ...exportRoutes(context),
  ];
  let described: object | undefined;
  const describe = (): object => (described ??= describeApi(routes));
  routes.push(...systemRoutes(context, describe, config.pageDir !== undefined));
  mount(app, context, routes);
  // Not in the description: no product is to build on them.
  if (config.devMode && config.supervisor) mount(app, context, devRoutes(config.supervisor));
  app.use('/docs/assets', docsAssets());
  if (config.consoleDir !== undefined)
    app.use('/console', consolePages({ folder: config.consoleDir, devMode: config.devMode }));
  if (config.pageDir !== undefined) app.use(assets({ folder: config.pageDir, maxAgeS: 0 }));
  app.use((_req, _res, next) => {
    next(new ConvokeError('not_found', 'See /openapi.json for the API.'));
  });
  app.use(problemHandler(context.logger));
  return app;
}
