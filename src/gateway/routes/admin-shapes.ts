/** Answers of /v1/admin, as schemas, and what its routes have in common. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { ErrorCode } from '../../contracts/index.ts';
import { idSchema } from '../../ingest/index.ts';
import type { ApiKey, AuditEntry, Revocation, Tenant } from '../../tenants/index.ts';
import { BODY, json, problems } from '../route.ts';
import type { ApiRoute, Call } from '../route.ts';
import { describes, list, ms, next, object } from '../shapes.ts';

export const tenantReply = describes<Tenant>()(
  z
    .object({
      id: z.string(),
      name: z.string(),
      status: z.enum(['active', 'suspended']),
      limits: object,
      createdAt: ms,
      updatedAt: ms,
    })
    .meta({ id: 'Tenant' }),
);

const key = {
  id: z.string(),
  tenant: z.string().nullable().meta({ description: 'Null: an operator’s key.' }),
  name: z.string(),
  scopes: list(z.string()),
  createdAt: ms,
  expiresAt: ms.nullable(),
  lastUsedAt: ms.nullable().meta({ description: 'To the minute.' }),
  revokedAt: ms.nullable(),
  replacedBy: z.string().nullable().meta({ description: 'The id of the key that took its place.' }),
};
export const keyReply = describes<ApiKey>()(z.object(key).meta({ id: 'ApiKey' }));
export const shownKeyReply = z
  .object({ ...key, key: z.string().meta({ description: 'The key itself. It is shown only now.' }) })
  .meta({ id: 'ShownKey' });

export const revocationReply = describes<Revocation>()(
  z
    .object({
      tenant: z.string(),
      kind: z.enum(['token', 'subject', 'tenant']),
      value: z.string(),
      issuedBefore: ms,
      until: ms.meta({ description: 'Then it is forgotten: no such token lives as long.' }),
    })
    .meta({ id: 'Revocation' }),
);

export const auditReply = describes<AuditEntry>()(
  z
    .object({
      at: ms,
      actor: z.string(),
      tenant: z.string().nullable(),
      action: z.string(),
      target: z.string(),
      detail: object,
    })
    .meta({ id: 'AuditEntry' }),
);

export const pageOf = (schema: z.ZodType, id: string): z.ZodType =>
  z.object({ data: z.array(schema), next }).meta({ id });

export const adminPath = z.object({ id: idSchema });

interface AdminRoute {
  readonly method: 'get' | 'post';
  /** After `/v1/admin`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly created?: boolean;
  readonly reply: z.ZodType;
  readonly codes?: readonly ErrorCode[];
  /** Default: its `{id}` is an id. */
  readonly params?: z.ZodObject;
  /** Answered by a gateway that is drained, too. */
  readonly whileDraining?: boolean;
  readonly answer: (call: Call) => Promise<object>;
}

/** A route of operators: `forbidden` with any other key. */
export function adminRoute({ method, path, created = false, answer, ...told }: AdminRoute): ApiRoute {
  const { params = adminPath, whileDraining = false } = told;
  const { id, summary, description, query, body, reply, codes = [] } = told;
  const status = created ? 201 : 200;
  const operation: ZodOpenApiOperationObject = {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: ['Administration'],
    requestParams: {
      ...(path.includes('{id}') ? { path: params } : {}),
      ...(query ? { query } : {}),
    },
    ...(body ? { requestBody: { content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [`${status}`]: json('The answer.', reply),
      ...problems([...(body ? BODY : []), 'forbidden', 'archive_unavailable', ...codes]),
    },
  };
  return {
    ...{ access: 'key', method, path: `/v1/admin${path}`, operation, whileDraining },
    async handle(call) {
      call.res.status(status).json(await answer(call));
    },
  };
}
