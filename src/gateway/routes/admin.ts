/** /v1/admin: tenants, keys, revocations and the audit log, for operators. */
import {
  auditQuerySchema,
  keysQuerySchema,
  newKeySchema,
  newTenantSchema,
  revocationSchema,
  revocationsQuerySchema,
  rotationSchema,
  tenantChangeSchema,
  tenantsQuerySchema,
} from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { pathId } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import {
  adminRoute,
  auditReply,
  keyReply,
  pageOf,
  revocationReply,
  shownKeyReply,
  tenantReply,
} from './admin-shapes.ts';

export function adminRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [...tenantRoutes(context), ...keyRoutes(context), ...tokenRoutes(context)];
}

function tenantRoutes({ admin }: GatewayContext): readonly ApiRoute[] {
  return [
    adminRoute({
      ...{ method: 'post', path: '/tenants', id: 'createTenant', summary: 'Create a tenant' },
      ...{ body: newTenantSchema, reply: tenantReply, created: true },
      codes: ['tenant_exists', 'too_many_tenants'],
      answer: async ({ req, principal }) => admin.createTenant(principal, await readJson(req)),
    }),
    adminRoute({
      ...{ method: 'get', path: '/tenants', id: 'listTenants', summary: 'List tenants' },
      ...{ query: tenantsQuerySchema, reply: pageOf(tenantReply, 'TenantPage'), codes: ['invalid_cursor'] },
      answer: ({ req, principal }) => admin.tenants(principal, { ...req.query }),
    }),
    adminRoute({
      ...{ method: 'get', path: '/tenants/{id}', id: 'getTenant', summary: 'Show a tenant' },
      ...{ reply: tenantReply, codes: ['tenant_not_found'] },
      answer: ({ req, principal }) => admin.tenant(principal, pathId(req, 'id')),
    }),
    adminRoute({
      ...{ method: 'post', path: '/tenants/{id}', id: 'changeTenant', summary: 'Change a tenant' },
      description:
        'What is absent stays. A suspended tenant is refused on every gateway within a second, and its connections end.',
      ...{ body: tenantChangeSchema, reply: tenantReply, codes: ['tenant_not_found', 'tenant_erasing'] },
      answer: async ({ req, principal }) =>
        admin.changeTenant(principal, pathId(req, 'id'), await readJson(req)),
    }),
  ];
}

function keyRoutes({ admin }: GatewayContext): readonly ApiRoute[] {
  return [
    adminRoute({
      ...{ method: 'post', path: '/keys', id: 'createKey', summary: 'Create a key' },
      description: 'The answer has the key itself, which is not shown again: only its digest is kept.',
      ...{ body: newKeySchema, reply: shownKeyReply, created: true },
      codes: ['tenant_not_found', 'tenant_erasing', 'too_many_keys'],
      answer: async ({ req, principal }) => admin.createKey(principal, await readJson(req)),
    }),
    adminRoute({
      ...{ method: 'get', path: '/keys', id: 'listKeys', summary: 'List keys' },
      ...{ query: keysQuerySchema, reply: pageOf(keyReply, 'KeyPage'), codes: ['invalid_cursor'] },
      answer: ({ req, principal }) => admin.keys(principal, { ...req.query }),
    }),
    adminRoute({
      ...{ method: 'post', path: '/keys/{id}/rotate', id: 'rotateKey', summary: 'Replace a key' },
      description: 'Makes a key with the same tenant, name and scopes. The other one goes on for a while.',
      ...{ body: rotationSchema, reply: shownKeyReply, created: true },
      codes: ['key_not_found', 'key_ended', 'too_many_keys'],
      answer: async ({ req, principal }) =>
        admin.rotateKey(principal, pathId(req, 'id'), await readJson(req)),
    }),
    adminRoute({
      ...{ method: 'post', path: '/keys/{id}/revoke', id: 'revokeKey', summary: 'Revoke a key' },
      description: 'It is refused on every gateway within a second, and its connections end.',
      ...{ reply: keyReply, codes: ['key_not_found'] },
      answer: ({ req, principal }) => admin.revokeKey(principal, pathId(req, 'id')),
    }),
  ];
}

function tokenRoutes({ admin }: GatewayContext): readonly ApiRoute[] {
  return [
    adminRoute({
      ...{ method: 'post', path: '/revocations', id: 'revokeTokens', summary: 'Revoke session tokens' },
      description: 'They are refused on every gateway within a second, and their connections end.',
      ...{ body: revocationSchema, reply: revocationReply, created: true, codes: ['too_many_revocations'] },
      answer: async ({ req, principal }) => admin.revoke(principal, await readJson(req)),
    }),
    adminRoute({
      ...{ method: 'get', path: '/revocations', id: 'listRevocations', summary: 'List revocations' },
      query: revocationsQuerySchema,
      ...{ reply: pageOf(revocationReply, 'RevocationPage'), codes: ['invalid_cursor'] },
      answer: ({ req, principal }) => admin.revocations(principal, { ...req.query }),
    }),
    adminRoute({
      ...{ method: 'get', path: '/audit', id: 'readAudit', summary: 'Read the audit log' },
      description: 'Administrative acts, minted tokens and votes, newest first.',
      ...{ query: auditQuerySchema, reply: pageOf(auditReply, 'AuditPage'), codes: ['invalid_cursor'] },
      answer: ({ req, principal }) => admin.audit(principal, { ...req.query }),
    }),
  ];
}
