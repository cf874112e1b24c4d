/** A route: its path, its description and its handler. One table serves the router and the OpenAPI document. */
import type { Request, Response } from 'express';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { z } from 'zod';
import { ERRORS } from '../contracts/index.ts';
import type { ErrorCode, SessionRef } from '../contracts/index.ts';
import { idSchema, invalidAt, validate } from '../ingest/index.ts';
import { allow } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { problemReply } from './replies-system.ts';

export interface Call {
  readonly req: Request;
  readonly res: Response;
  /** The caller; sessions in the path belong to its tenant. */
  readonly principal: Principal;
}

interface RouteBase {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/sessions/{id}`. */
  readonly path: string;
  readonly operation: ZodOpenApiOperationObject;
}

/** A route of the API, which requires a key. */
export interface ApiRoute extends RouteBase {
  readonly access: 'key';
  /** A ticket in the query will do instead of a key or token. */
  readonly takesTicket?: true;
  /** Answered while the gateway takes no new requests, too. */
  readonly whileDraining?: boolean;
  handle(call: Call): Promise<void>;
}

/** A public route. */
export interface OpenRoute extends RouteBase {
  readonly access: 'open';
  handle(req: Request, res: Response): Promise<void> | void;
}

export type Route = ApiRoute | OpenRoute;

/** Errors of any call with a key. */
const COMMON: readonly ErrorCode[] = [
  'unauthorized',
  'token_expired',
  'forbidden',
  'invalid_request',
  'too_many_requests_in_flight',
  'draining',
  'internal',
];
/** Errors of any call with a body. */
export const BODY: readonly ErrorCode[] = [
  'malformed_json',
  'unsupported_media_type',
  'too_large',
  'too_deep',
];
/** Errors of any call that reaches Temporal. */
export const ENGINE: readonly ErrorCode[] = [
  'overloaded',
  'temporal_unavailable',
  'temporal_not_set_up',
  'temporal_refused',
];

/** Errors of any call that a session's workflow answers. */
export const ANSWER: readonly ErrorCode[] = [
  ...ENGINE,
  'archive_unavailable',
  'worker_unavailable',
  'session_not_found',
];
/** Errors of any control of a session. */
export const CONTROL: readonly ErrorCode[] = [...ANSWER, 'session_closed'];

const requestIdHeader = z.string().meta({ description: 'Identifies this request in the logs.' });
const retryAfter = z
  .string()
  .meta({ description: 'When to try again, in seconds; only if that can help.' })
  .optional();
const limitHeaders = {
  RateLimit: z.string().meta({ description: 'What is left of the limits that have refused it.' }).optional(),
  'RateLimit-Policy': z.string().meta({ description: 'Those limits.' }).optional(),
};

/** The problems of an operation, grouped by status. */
export function problems(codes: readonly ErrorCode[]): ZodOpenApiResponsesObject {
  const all = [...new Set([...COMMON, ...codes])];
  const groups = Object.groupBy(all, (code) => String(ERRORS[code].status));
  return Object.fromEntries(
    Object.entries(groups).map(([status, members = []]) => [
      status,
      {
        description: members.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('\n\n'),
        headers: z.object({ 'X-Request-Id': requestIdHeader, 'Retry-After': retryAfter, ...limitHeaders }),
        content: { 'application/problem+json': { schema: problemReply } },
      },
    ]),
  );
}

/** A JSON answer, with its headers besides the request id. */
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

/** The session in a path; whether the caller may do anything with it is not checked. Throws `invalid_request` if the id is not valid. */
export function sessionOf(call: Call): SessionRef {
  return { tenant: call.principal.tenant, session: pathId(call.req, 'id') };
}

/** The session in a path, of which the caller is told. Throws `invalid_request`, `session_not_found`, `forbidden`. */
export function watchedOf(call: Call): SessionRef {
  const ref = sessionOf(call);
  allow(call.principal, 'watch', ref.session);
  return ref;
}

export function pathId(req: Request, name: string): string {
  const parsed = idSchema.safeParse(req.params[name]);
  if (!parsed.success) throw invalidAt(['path', name], 'an id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
  return parsed.data;
}

/** The query of a call, copied to a plain object: the parser's has no prototype. */
export function queryOf<T>(schema: z.ZodType<T>, req: Request): T {
  return validate(schema, { ...req.query });
}
