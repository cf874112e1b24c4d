/** Issuers of tokens other than this deployment, from the environment or a program. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isId, LIMITS } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import { ISSUER, isSessionPattern, ROLES } from '../tenants/index.ts';
import type { IssuerSettings } from '../tenants/index.ts';

const VARIABLE = 'CONVOKE_TOKEN_ISSUERS';
const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

const text = z.string().min(1, 'must not be empty');
const tenant = z.string().refine(isId, 'a tenant is 1 to 64 characters of A-Z a-z 0-9 _ -');

/** On the way, nobody may put keys of their own into the set. */
function isSafe(url: string): boolean {
  const { protocol, hostname = '' } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && LOCAL.includes(hostname));
}

export const issuersSchema = z
  .array(
    z.strictObject({
      issuer: text.refine((name) => name !== ISSUER, 'this is the name of the deployment itself'),
      audience: z.union([text, z.array(text).min(1)]),
      jwksUrl: z.string().refine(isSafe, 'must begin with https:// (or http:// and localhost)'),
      tenant: z.union([tenant, z.strictObject({ claim: text, values: z.record(text, tenant) })], {
        error: 'give a tenant, or { claim, values } with the tenant of each value',
      }),
      claims: z
        .strictObject({
          ...{ subject: text.exactOptional(), name: text.exactOptional(), sessions: text.exactOptional() },
          ...{ scope: text.exactOptional(), role: text.exactOptional(), roles: text.exactOptional() },
        })
        .exactOptional(),
      sessions: z
        .array(z.string().refine(isSessionPattern, 'give a session id, or the beginning of one and "*"'))
        .max(LIMITS.tokenSessions)
        .exactOptional(),
      role: z.enum(Object.keys(ROLES) as [keyof typeof ROLES]).exactOptional(),
    }),
  )
  .refine(
    (issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length,
    'an issuer stands there twice',
  ) satisfies z.ZodType<readonly IssuerSettings[]>;

/** JSON, or the path of a file with it. Throws `ConfigError`. */
export function issuersOf(written: string | undefined): readonly IssuerSettings[] {
  if (written === undefined) return [];
  const result = issuersSchema.safeParse(parsed(written));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw new ConfigError(VARIABLE, `${faults.join('; ')}.`);
}

function parsed(written: string): unknown {
  let json = written;
  try {
    if (!written.trim().startsWith('[')) json = readFileSync(written, 'utf8');
  } catch {
    throw new ConfigError(
      VARIABLE,
      `give JSON (a list), or the path of a file with it: ${written} cannot be read.`,
    );
  }
  try {
    return JSON.parse(json);
  } catch {
    throw new ConfigError(VARIABLE, 'it is not valid JSON.');
  }
}
