/** `convoke tenants`, `convoke keys`, `convoke audit`: what operators do, over REST. */
import { DEV_KEY, DEV_OPERATOR_KEY, LIMITS } from '../../contracts/index.ts';
import type { JsonObject } from '../../contracts/index.ts';
import { secret } from '../environment.ts';
import { asOperator, CliError, configMistake } from '../failure.ts';
import { callGateway, gatewayPlace } from '../gateway-api.ts';
import type { ApiRequest } from '../gateway-api.ts';
import { table } from '../terminal.ts';

export interface Output {
  readonly json?: boolean;
}

interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly limits: JsonObject;
  readonly createdAt: number;
}

interface Key {
  readonly id: string;
  readonly tenant: string | null;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  readonly replacedBy: string | null;
}

interface Entry {
  readonly at: number;
  readonly actor: string;
  readonly tenant: string | null;
  readonly action: string;
  readonly target: string;
  readonly detail: JsonObject;
}

interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
}

const timeOf = (at: number | null): string => (at === null ? '–' : new Date(at).toISOString().slice(0, 19));

/** With CONVOKE_OPERATOR_KEY, if it is set. */
export async function askOperator<T>({ path, ...request }: ApiRequest): Promise<T> {
  const place = gatewayPlace();
  const own = secret(process.env, 'CONVOKE_OPERATOR_KEY', configMistake);
  // Nobody has said a key: then it is a stack in dev mode.
  const key = own ?? (place.key === DEV_KEY ? DEV_OPERATOR_KEY : place.key);
  try {
    return await callGateway<T>({ ...request, path: `/v1/admin/${path}` }, { ...place, key });
  } catch (error) {
    throw asOperator(error);
  }
}

async function all<T>(path: string, query: ApiRequest['query'] = {}): Promise<readonly T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const limit = String(LIMITS.pageSessions);
    const page: Page<T> = await askOperator({
      path,
      query: { ...query, limit, cursor: cursor ?? undefined },
    });
    found.push(...page.data);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

interface Shown {
  readonly none: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function print(value: object, { json }: Output, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text);
}

function printList(data: readonly object[], options: Output, { none, head, rows }: Shown): void {
  print({ data }, options, rows.length === 0 ? `${none}\n` : table([head, ...rows]));
}

export async function listTenants(options: Output): Promise<void> {
  const data = await all<Tenant>('tenants');
  const rows = data.map(({ id, status, createdAt, name }) => [id, status, timeOf(createdAt), name]);
  printList(data, options, {
    none: 'No tenants. Add one: npx convoke tenants add ID',
    ...{ head: ['TENANT', 'STATUS', 'CREATED (UTC)', 'NAME'], rows },
  });
}

export interface TenantOptions extends Output {
  readonly name?: string;
  readonly limits?: string;
}

export async function addTenant(id: string, options: TenantOptions): Promise<void> {
  const tenant = await askOperator<Tenant>({
    method: 'POST',
    path: 'tenants',
    body: { id, ...fieldsOf(options) },
  });
  print(
    tenant,
    options,
    `${id} was added. Make a key for it: npx convoke keys add --tenant ${id} --name NAME\n`,
  );
}

export async function showTenant(id: string, options: Output): Promise<void> {
  printTenant(await askOperator<Tenant>({ path: `tenants/${id}` }), options);
}

export async function changeTenant(
  id: string,
  options: TenantOptions & { readonly status?: string },
): Promise<void> {
  const { status } = options;
  const body = { ...fieldsOf(options), ...(status === undefined ? {} : { status }) };
  if (Object.keys(body).length === 0)
    throw new CliError(
      'usage',
      `Say what is to change: npx convoke tenants set ${id} --name NAME or --limits JSON.`,
    );
  printTenant(await askOperator<Tenant>({ method: 'POST', path: `tenants/${id}`, body }), options);
}

function printTenant(tenant: Tenant, options: Output): void {
  const { id, name, status, limits, createdAt } = tenant;
  const lines = [
    ...[`${id} (${name}) is ${status}; created ${timeOf(createdAt)} UTC.`],
    ...Object.entries(limits).map(([limit, value]) => `  ${limit}  ${JSON.stringify(value)}`),
  ];
  print(tenant, options, `${lines.join('\n')}\n`);
}

function fieldsOf({ name, limits }: TenantOptions): object {
  return {
    ...(name === undefined ? {} : { name }),
    ...(limits === undefined ? {} : { limits: parsed(limits) }),
  };
}

function parsed(limits: string): unknown {
  try {
    return JSON.parse(limits);
  } catch {
    throw new CliError('usage', '--limits takes a JSON object, like \'{"messagesPerMinute":600}\'.');
  }
}

export interface KeysOptions extends Output {
  readonly tenant?: string;
  readonly operator?: boolean;
}

export async function listKeys(options: KeysOptions): Promise<void> {
  const { tenant, operator } = options;
  const data = await all<Key>('keys', { tenant, operator: operator ? 'true' : undefined });
  const rows = data.map((key) => [
    ...[key.id, key.tenant ?? '(operators)', standing(key), timeOf(key.expiresAt), timeOf(key.lastUsedAt)],
    ...[key.scopes.join(','), key.name],
  ]);
  const head = ['KEY', 'TENANT', 'STATUS', 'EXPIRES (UTC)', 'LAST USED (UTC)', 'SCOPES', 'NAME'];
  printList(data, options, { none: 'No keys.', head, rows });
}

function standing({ revokedAt, expiresAt, replacedBy }: Key): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= Date.now()) return 'expired';
  return replacedBy === null ? 'active' : 'replaced';
}

export interface AddKeyOptions extends KeysOptions {
  readonly name: string;
  readonly scopes?: string;
  readonly ttl?: number;
}

export async function addKey(options: AddKeyOptions): Promise<void> {
  const { tenant, operator, name, scopes, ttl } = options;
  const body = {
    name,
    ...(tenant === undefined ? {} : { tenant }),
    ...(operator ? { operator } : {}),
    ...(scopes === undefined ? {} : { scopes: scopes.split(',').map((scope) => scope.trim()) }),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
  };
  printKey(await askOperator({ method: 'POST', path: 'keys', body }), options);
}

export async function rotateKey(
  id: string,
  options: Output & { readonly overlap?: number; readonly ttl?: number },
): Promise<void> {
  const { overlap, ttl } = options;
  const body = {
    ...(overlap === undefined ? {} : { overlapMs: overlap }),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
  };
  printKey(await askOperator({ method: 'POST', path: `keys/${id}/rotate`, body }), options);
}

/** The key alone on standard output, so that it can be put somewhere without being seen. */
function printKey(key: Key & { readonly key: string }, options: Output): void {
  print(key, options, `${key.key}\n`);
  if (options.json !== true) process.stderr.write(`Key ${key.id}. It is shown only now: keep it.\n`);
}

export async function revokeKey(id: string, options: Output): Promise<void> {
  const key = await askOperator<Key>({ method: 'POST', path: `keys/${id}/revoke` });
  print(key, options, `${id} (${key.name}) opens nothing any more; its connections end within a second.\n`);
}

export interface AuditOptions extends Output {
  readonly tenant?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly limit: number;
}

export async function audit(options: AuditOptions): Promise<void> {
  const { tenant, actor, action, limit } = options;
  const { data } = await askOperator<Page<Entry>>({
    path: 'audit',
    query: { tenant, actor, action, limit: String(limit) },
  });
  const rows = data.map((each) => [
    ...[
      timeOf(each.at),
      each.actor,
      each.tenant ?? '–',
      each.action,
      each.target,
      JSON.stringify(each.detail),
    ],
  ]);
  const head = ['AT (UTC)', 'BY', 'TENANT', 'ACTION', 'WHAT', 'DETAIL'];
  printList(data, options, { none: 'Nothing.', head, rows });
}
