/** Limits of tenants from the configuration: `CONVOKE_LIMITS` is JSON, or the path of a file with it, which is read again when it changes. */
import { readFileSync, statSync } from 'node:fs';
import { LIMITS } from '../contracts/index.ts';
import type { TenantLimits } from '../contracts/index.ts';
import { limitsFileSchema, sentenceOf } from '../ingest/index.ts';
import type { LimitsFile } from '../ingest/index.ts';
import { ConfigError } from '../project/config-error.ts';
import type { LimitsOf } from '../quota/index.ts';
import type { Logger } from '../telemetry/index.ts';

const SETTING = 'CONVOKE_LIMITS';
/** Told at once. */
const FAULTS = 8;

const mistake = (sentence: string): ConfigError => new ConfigError(SETTING, sentence);

/** Throws `ConfigError`. */
function parse(text: string): LimitsFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw mistake(
      'it is not JSON; give { "default": { … }, "tenants": { "acme": { … } } }, or the path of a file.',
    );
  }
  const checked = limitsFileSchema.safeParse(json, { error: sentenceOf });
  if (checked.success) return checked.data;
  const faults = checked.error.issues.slice(0, FAULTS);
  throw mistake(`${faults.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`);
}

/** Throws `ConfigError`. */
function read(path: string): LimitsFile {
  try {
    const { size } = statSync(path);
    if (size > LIMITS.limitsFileBytes)
      throw mistake(`the file ${path} has more than ${LIMITS.limitsFileBytes} bytes.`);
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw mistake(
      `the file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

/** Changes with every change of the file, also if a link to it is moved; undefined: it is not there. */
function stamp(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
}

export interface WatchedLimits {
  readonly limitsOf: LimitsOf;
  close(): void;
}

/** `setting`: the value of `CONVOKE_LIMITS`. Throws `ConfigError` at first; later a file that is wrong changes nothing, and is told. */
export function watchLimits(
  setting: string | undefined,
  logger: Pick<Logger, 'info' | 'error'>,
): WatchedLimits {
  if (setting === undefined) return { limitsOf: () => NONE, close: () => undefined };
  if (setting.trimStart().startsWith('{')) {
    const limitsOf = limitsIn(parse(setting));
    return { limitsOf, close: () => undefined };
  }
  let seen = stamp(setting);
  let limitsOf = limitsIn(read(setting));
  const look = (): void => {
    const now = stamp(setting);
    if (now === seen) return;
    seen = now;
    try {
      limitsOf = limitsIn(read(setting));
      logger.info({ file: setting }, 'Limits of tenants have changed');
    } catch (error) {
      logger.error({ err: error, file: setting }, 'Limits of tenants stay as they were');
    }
  };
  const timer = setInterval(look, LIMITS.limitsLookMs).unref();
  return { limitsOf: (tenant) => limitsOf(tenant), close: () => clearInterval(timer) };
}

const NONE: TenantLimits = {};

function limitsIn({ default: usual = NONE, tenants = {} }: LimitsFile): LimitsOf {
  const own = new Map(Object.entries(tenants).map(([tenant, limits]) => [tenant, { ...usual, ...limits }]));
  return (tenant) => own.get(tenant) ?? usual;
}
