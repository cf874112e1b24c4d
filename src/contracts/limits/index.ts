/** Every limit, with its unit in its name, by the stage that keeps it. */
import { CLIENT } from './client.ts';
import { DELIVER } from './deliver.ts';
import { EDGE } from './edge.ts';
import { ERASE } from './erase.ts';
import { EXECUTE } from './execute.ts';
import { FILES } from './files.ts';
import { INGEST } from './ingest.ts';
import { LOG } from './log.ts';
import { ORCHESTRATE } from './orchestrate.ts';
import { PRESENCE } from './presence.ts';
import { QUOTA } from './quota.ts';
import { REGISTRY } from './registry.ts';
import { SCORING_LIMITS } from './scoring.ts';
import { SEAL } from './seal.ts';
import { SYSTEM } from './system.ts';
import { TELEMETRY } from './telemetry.ts';
import { TENANTS } from './tenants.ts';
import { TIMELINE } from './timeline.ts';

export const LIMITS = {
  ...CLIENT,
  ...INGEST,
  ...ORCHESTRATE,
  ...EXECUTE,
  ...LOG,
  ...DELIVER,
  ...EDGE,
  ...PRESENCE,
  ...REGISTRY,
  ...TENANTS,
  ...QUOTA,
  ...FILES,
  ...SEAL,
  ...SCORING_LIMITS,
  ...ERASE,
  ...TELEMETRY,
  ...TIMELINE,
  ...SYSTEM,
} as const;
