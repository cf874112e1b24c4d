/** What workers have of their own, as gateways are told when a session is opened. */
import type { JsonObject } from '../json.ts';

/** What the configuration of a worker adds to what every worker has. */
export interface Catalog {
  /** By name. `options`: JSON Schema; absent: any. */
  readonly agents: Readonly<Record<string, { readonly kind: string; readonly options?: JsonObject }>>;
  readonly teams: readonly string[];
  readonly tools: readonly string[];
  /** Named model endpoints; absent: not told. */
  readonly models?: readonly string[];
  /** Those of `models` that have no model of their own: each agent must name one. */
  readonly modelless?: readonly string[];
}
