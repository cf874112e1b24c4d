/** Errors as answers: application/problem+json (RFC 9457) with a code of the table and a request id, never a stack. */
import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { ConvokeError, isId, toProblem } from '../contracts/index.ts';
import type { Problem } from '../contracts/index.ts';
import { limitHeaders } from './limit-headers.ts';
import type { Logger } from '../telemetry/index.ts';

const REQUEST_ID = 'X-Request-Id';

/** Gives each request an id (the caller's own, if it is valid) and returns it in the answer. */
export const requestId: RequestHandler = (req, res, next) => {
  const given = req.get(REQUEST_ID);
  res.setHeader(REQUEST_ID, isId(given) ? given : randomUUID());
  next();
};

export function requestIdOf(res: Response): string {
  return String(res.getHeader(REQUEST_ID) ?? '');
}

/** Maps errors of the router to the table. */
function known(error: unknown): unknown {
  // The path has invalid percent-encoding.
  return error instanceof URIError ? new ConvokeError('not_found') : error;
}

/** Logs for the operator what is kept from the client. */
export function logFailure(logger: Logger, error: unknown, problem: Problem, fields: object): void {
  const cause = error instanceof Error ? error.cause : undefined;
  // Load shedding tells once for all that it refuses: a line for each would cost more than the refusal.
  const isShed = problem.code === 'overloaded' && cause === undefined;
  if (problem.status < 500 || isShed) return;
  const told = {
    ...fields,
    code: problem.code,
    requestId: problem.requestId,
    err: cause instanceof Error ? cause : error,
  };
  if (problem.code === 'internal') logger.error(told, 'A request failed unexpectedly');
  else logger.warn(told, problem.title);
}

/** The last handler: any error becomes a problem. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const error = known(thrown);
    const problem = toProblem(error, requestIdOf(res));
    logFailure(logger, error, problem, { method: req.method, path: req.path });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (problem.retryAfterMs !== undefined)
      res.setHeader('Retry-After', String(Math.ceil(problem.retryAfterMs / 1_000)));
    if (problem.limits) res.setHeaders(limitHeaders(problem.limits));
    if (problem.code === 'unauthorized') res.setHeader('WWW-Authenticate', 'Bearer realm="convoke"');
    // The unread rest of a body must not keep the connection busy.
    const hasBody = 'content-length' in req.headers || 'transfer-encoding' in req.headers;
    if ((hasBody && !req.complete) || problem.code === 'draining') res.setHeader('Connection', 'close');
    res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}
