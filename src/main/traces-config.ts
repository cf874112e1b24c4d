/** Which messages a process records the way of, and where it sends that. */
import { setting, type Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';
import { otlpUrl } from './otlp.ts';

export interface TracesConfig {
  readonly url: string;
  /** The share of the messages without a trace of their own that gets one, 0 to 1. */
  readonly share: number;
  /** What people and agents say is recorded, too. */
  readonly withContent: boolean;
}

/** An empty object if the process records nothing. Throws `ConfigError`. */
export function tracesConfigOf(env: Environment): { readonly traces?: TracesConfig } {
  const url = otlpUrl(env, 'traces');
  if (url === undefined) return {};
  const withContent = setting(env, 'CONVOKE_TRACE_CONTENT') === '1';
  return { traces: { url, share: shareOf(env), withContent } };
}

/** A message that comes with a trace is recorded if its sender records it, whatever the sampler is. */
function shareOf(env: Environment): number {
  const sampler = (setting(env, 'OTEL_TRACES_SAMPLER') ?? 'always_on').replace(/^parentbased_/, '');
  if (sampler === 'always_on') return 1;
  if (sampler === 'always_off') return 0;
  if (sampler !== 'traceidratio')
    throw new ConfigError('OTEL_TRACES_SAMPLER', 'use parentbased_always_on, _always_off or _traceidratio.');
  const text = setting(env, 'OTEL_TRACES_SAMPLER_ARG') ?? '1';
  const share = Number(text);
  if (text.trim() !== '' && share >= 0 && share <= 1) return share;
  throw new ConfigError('OTEL_TRACES_SAMPLER_ARG', 'use a number from 0 to 1: 0.1 records a tenth.');
}
