/** What operators may ask of the registry. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import { KEY_SCOPES, REVOCABLE, TENANT_STATUSES } from '../../tenants/index.ts';
import { count, idSchema, pageCursorSchema, personName, text, whole } from './common.ts';
import { limitsChangeSchema, tenantLimitsSchema } from './limits.ts';

const { keyLeastMs, keyMostMs, keyOverlapMostMs, tenantNameChars } = LIMITS;

const nameSchema = text(tenantNameChars).meta({ description: 'For people to read.' });
const ttlSchema = whole(keyLeastMs, keyMostMs);

export const newTenantSchema = z
  .strictObject({
    id: idSchema,
    name: nameSchema.exactOptional(),
    limits: tenantLimitsSchema.exactOptional(),
  })
  .meta({ id: 'NewTenant' });

export const tenantChangeSchema = z
  .strictObject({
    name: nameSchema.exactOptional(),
    status: z
      .enum(TENANT_STATUSES)
      .exactOptional()
      .meta({ description: 'Whoever acts for a suspended tenant is refused, with a key or a token.' }),
    limits: limitsChangeSchema
      .exactOptional()
      .meta({ description: 'Those that are named change, null takes one away, all others stay.' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'TenantChange' });

export const newKeySchema = z
  .strictObject({
    tenant: idSchema.exactOptional(),
    operator: z
      .literal(true)
      .exactOptional()
      .meta({ description: 'Instead of a tenant: a key for `/v1/admin`.' }),
    name: nameSchema,
    scopes: z
      .array(z.enum(KEY_SCOPES))
      .min(1)
      .max(KEY_SCOPES.length)
      .exactOptional()
      .meta({ description: 'What it may do in its tenant; default: everything.' }),
    ttlMs: ttlSchema.exactOptional().meta({ description: 'Default: it does not expire.' }),
  })
  .refine(({ tenant, operator }) => (tenant === undefined) !== (operator === undefined), {
    path: ['tenant'],
    error: 'give a tenant, or operator: true',
  })
  .refine(({ operator, scopes }) => operator === undefined || scopes === undefined, {
    path: ['scopes'],
    error: 'are for keys of a tenant',
  })
  .meta({ id: 'NewKey' });

export const rotationSchema = z
  .strictObject({
    overlapMs: whole(0, keyOverlapMostMs)
      .exactOptional()
      .meta({ description: 'The key that is replaced goes on for so long; default: a day.' }),
    ttlMs: ttlSchema
      .exactOptional()
      .meta({ description: 'Of the new key; default: as long a life as the other one was given.' }),
  })
  .meta({ id: 'Rotation' });

export const revocationSchema = z
  .strictObject({
    tenant: idSchema,
    kind: z.enum(REVOCABLE).meta({
      description:
        '`token`: one, by its id (`jti`). `subject`: all of a subject. `tenant`: all of the tenant.',
    }),
    value: personName
      .exactOptional()
      .meta({ description: 'The id of the token, or the subject; absent with `tenant`.' }),
    issuedBefore: whole(0, Number.MAX_SAFE_INTEGER)
      .exactOptional()
      .meta({ description: 'Tokens that were issued later go on; ms since the Unix epoch, default: now.' }),
  })
  .refine(({ kind, value }) => (kind === 'tenant') === (value === undefined), {
    path: ['value'],
    error: 'give the id of a token, or a subject',
  })
  .meta({ id: 'NewRevocation' });

const page = { cursor: pageCursorSchema, limit: count(LIMITS.pageSessions).exactOptional() };

export const tenantsQuerySchema = z.strictObject(page);
export const revocationsQuerySchema = z.strictObject({ ...page, tenant: idSchema.exactOptional() });
export const keysQuerySchema = z.strictObject({
  ...page,
  tenant: idSchema.exactOptional().meta({ description: 'Only keys of this tenant.' }),
  operator: z.literal('true').exactOptional().meta({ description: 'Only keys of operators.' }),
});
export const auditQuerySchema = z.strictObject({
  ...page,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the next of the page before')
    .exactOptional()
    .meta({ description: 'The `next` of the previous page.' }),
  tenant: idSchema.exactOptional(),
  actor: text(LIMITS.auditTextChars)
    .exactOptional()
    .meta({ description: '`key:` and its id, `subject:` and its name, or `environment`.' }),
  action: z
    .string()
    .regex(/^[a-z-]+\.[a-z-]+$/, 'must be an action like key.revoke')
    .exactOptional(),
});
