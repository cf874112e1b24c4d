/** The search attributes of sessions. Our own development server is started with them; on others they must be registered. */
import { SEARCH_ATTRIBUTES } from '../../contracts/index.ts';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { CliError } from '../failure.ts';
import { run } from './programs.ts';
import { findTemporal } from './temporal.ts';

const LIST_MS = 10_000;

/**
 * The command that registers the missing attributes on the server at TEMPORAL_ADDRESS; null if none is missing, or if there is no Temporal CLI
 * to ask with. Nothing is changed, because the server is not ours.
 */
export async function attributesFix(address: string, env: Environment = process.env): Promise<string | null> {
  const program = findTemporal(env);
  if (!program) return null;
  const place = ['--address', address, '--namespace', setting(env, 'TEMPORAL_NAMESPACE') ?? 'default'];
  const asked = ['operator', 'search-attribute', 'list', ...place, '--output', 'json'];
  const { ok, output } = await run(program, asked, { timeoutMs: LIST_MS });
  if (!ok) return null;
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !output.includes(`"${name}"`));
  if (missing.length === 0) return null;
  const added = missing.flatMap((name) => ['--name', name, '--type', 'Keyword']);
  return [program, 'operator', 'search-attribute', 'create', ...place, ...added].join(' ');
}

/** Throws `attributes_missing` with the command that registers them. */
export async function requireAttributes(address: string, env: Environment = process.env): Promise<void> {
  const fix = await attributesFix(address, env);
  if (fix === null) return;
  throw new CliError(
    'attributes_missing',
    `The Temporal server at ${address} lacks the search attributes of sessions. Register them once: ${fix}`,
  );
}
