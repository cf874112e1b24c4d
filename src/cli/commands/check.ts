/** `convoke check`: what a configuration has, or what is wrong with it. */
import { CliError } from '../failure.ts';

export interface CheckedConfig {
  /** Null: there is no configuration file. */
  readonly file: string | null;
  /** The file and what it imports of one's own. */
  readonly files: readonly string[];
  readonly agents: readonly string[];
  readonly tools: readonly string[];
  readonly teams: readonly string[];
  /** What is wrong with it, and where. */
  readonly error?: { readonly code: string; readonly message: string };
}

const NONE = 'There is no configuration file here: workers have what is built in. To begin: convoke new NAME';

/** Prints it. Throws `config_invalid`; with `json` the object says that. */
export function showChecked(checked: CheckedConfig, json: boolean): void {
  const { error, file } = checked;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: !error, ...checked })}\n`);
    if (error) process.exitCode = 1;
    return;
  }
  if (error) throw new CliError(error.code, error.message);
  if (file === null) process.stdout.write(`${NONE}\n`);
  else {
    const lines = (['agents', 'tools', 'teams'] as const).map(
      (kind) => `  ${kind.padEnd(8)}${checked[kind].join(', ') || 'none'}\n`,
    );
    process.stdout.write(`${file} is right.\n${lines.join('')}`);
  }
}
