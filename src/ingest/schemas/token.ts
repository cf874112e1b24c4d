/** What a server may ask of a session token. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import { isSessionPattern, ROLES, SCOPES } from '../../tenants/index.ts';
import type { TokenRequest } from '../../tenants/index.ts';
import { rolesSchema } from './approval.ts';
import { personName } from './common.ts';

const { tokenLeastMs, tokenMostMs, tokenSessions } = LIMITS;

export const tokenSchema = z
  .strictObject({
    subject: personName.meta({ description: 'Who it is, in your product: `from` of all that they send.' }),
    name: personName.exactOptional().meta({ description: 'The same for people to read.' }),
    sessions: z
      .array(z.string().refine(isSessionPattern, 'give a session id, or the beginning of one and "*"'))
      .min(1)
      .max(tokenSessions)
      .meta({ description: 'Session ids; one that ends with `*` stands for all that begin so.' }),
    role: z
      .enum(Object.keys(ROLES) as [keyof typeof ROLES])
      .exactOptional()
      .meta({ description: 'Default: `participant`.' }),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .exactOptional()
      .meta({ description: 'Instead of a role.' }),
    roles: rolesSchema.exactOptional(),
    ttlMs: z.int().min(tokenLeastMs).max(tokenMostMs).exactOptional(),
  })
  .meta({ id: 'TokenRequest' }) satisfies z.ZodType<TokenRequest>;
