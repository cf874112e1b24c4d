/** The configuration of a development stack, checked in a process of its own: its code runs there, and may end that process or hang. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { CheckedConfig } from '../commands/check.ts';
import { setting } from '../environment.ts';
import { COMMAND } from './specs.ts';

/** How long loading it may take, ms. */
const CHECK_MS = 30_000;
export const CONFIG_NAME = /^convoke\.config\.m?[jt]s$/;

/** Never throws: a check that fails is a configuration that is wrong. */
export async function checkConfig(env: NodeJS.ProcessEnv): Promise<CheckedConfig> {
  const none = { file: null, files: [], agents: [], tools: [], teams: [] };
  const written = setting(env, 'CONVOKE_CONFIG');
  if (written === undefined && !readdirSync('.').some((name) => CONFIG_NAME.test(name))) return none;
  const { said, how } = await run(env);
  try {
    return JSON.parse(said.trim().split('\n').at(-1) ?? '') as CheckedConfig;
  } catch {
    const message = `${written ?? 'The configuration'} cannot be loaded: ${how}.`;
    const files = written === undefined ? [] : [written];
    return { ...none, files, error: { code: 'config_invalid', message } };
  }
}

/** What it has written to stdout, and how it ended. */
function run(env: NodeJS.ProcessEnv): Promise<{ readonly said: string; readonly how: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [COMMAND, 'check', '--json'], {
      ...{ env, stdio: ['ignore', 'pipe', 'ignore'], timeout: CHECK_MS, killSignal: 'SIGKILL' },
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-1_000_000)));
    child.once('error', (error) => resolve({ said: '', how: error.message }));
    child.once('close', (code, signal) => {
      const late =
        signal === 'SIGKILL' ? `it takes longer than ${CHECK_MS / 1_000} s` : `signal ${signal ?? '?'}`;
      resolve({ said, how: code === null ? late : `it ends the process with exit code ${code}` });
    });
  });
}
