import type { TenantLimits } from '../contracts/index.ts';

/** The limits of a tenant as they are now: asked before each decision, so it answers from memory. */
export type LimitsOf = (tenant: string) => TenantLimits;
