/** A route: how it is called, how it is described, what it does. One table serves the router and the OpenAPI document. */
import type { Request, Response } from 'express';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { z } from 'zod';
import { ERRORS } from '../contracts/index.ts';
import type { ErrorCode, SessionRef } from '../contracts/index.ts';
import { idSchema, invalidAt, validate } from '../ingest/index.ts';
import type { Principal } from '../ingest/index.ts';
import { problemReply } from './replies.ts';

export interface Call {
  readonly req: Request;
  readonly res: Response;
  /** Who asks; the tenant of every session named in the path. */
  readonly principal: Principal;
}

interface RouteBase {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/sessions/{id}`. */
  readonly path: string;
  readonly operation: ZodOpenApiOperationObject;
}

/** A route of the API: needs a key. */
export interface ApiRoute extends RouteBase {
  readonly access: 'key';
  handle(call: Call): Promise<void>;
}

/** A route for everybody. */
export interface OpenRoute extends RouteBase {
  readonly access: 'open';
  handle(req: Request, res: Response): Promise<void> | void;
}

export type Route = ApiRoute | OpenRoute;

/** What any call with a key can meet. */
const COMMON: readonly ErrorCode[] = ['unauthorized', 'invalid_request', 'draining', 'internal'];
/** What any call with a body can meet. */
export const BODY: readonly ErrorCode[] = [
  'malformed_json',
  'unsupported_media_type',
  'too_large',
  'too_deep',
];
/** What any call that reaches Temporal can meet. */
export const ENGINE: readonly ErrorCode[] = ['overloaded', 'temporal_unavailable'];

const requestIdHeader = z.string().meta({ description: 'Names this request in the logs.' });
const retryAfter = z
  .string()
  .meta({ description: 'When to try again, s; only if that can help.' })
  .optional();

/** The problems of an operation, grouped by status. */
export function problems(codes: readonly ErrorCode[]): ZodOpenApiResponsesObject {
  const all = [...new Set([...COMMON, ...codes])];
  const groups = Object.groupBy(all, (code) => String(ERRORS[code].status));
  return Object.fromEntries(
    Object.entries(groups).map(([status, members = []]) => [
      status,
      {
        description: members.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('\n\n'),
        headers: z.object({ 'X-Request-Id': requestIdHeader, 'Retry-After': retryAfter }),
        content: { 'application/problem+json': { schema: problemReply } },
      },
    ]),
  );
}

/** A JSON answer, with the headers that it carries beside the request id. */
export function json(
  description: string,
  schema: z.ZodType,
  headers: z.ZodRawShape = {},
): ZodOpenApiResponsesObject['200'] {
  return {
    description,
    headers: z.object({ 'X-Request-Id': requestIdHeader, ...headers }),
    content: { 'application/json': { schema } },
  };
}

/** The session that a path names. Throws `invalid_request` if the id cannot be one. */
export function sessionOf(call: Call): SessionRef {
  return { tenant: call.principal.tenant, session: pathId(call.req, 'id') };
}

export function pathId(req: Request, name: string): string {
  const parsed = idSchema.safeParse(req.params[name]);
  if (!parsed.success) throw invalidAt(['path', name], 'an id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
  return parsed.data;
}

/** The query of a call. Own properties only: the parser gives an object without a prototype. */
export function queryOf<T>(schema: z.ZodType<T>, req: Request): T {
  return validate(schema, { ...req.query });
}
