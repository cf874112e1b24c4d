/** What a gateway asks its Temporal, for `convoke doctor` and `convoke dev`. */
import { Connection } from '@temporalio/client';
import type { ExaminedTemporal } from '../cli/commands/role-commands.ts';
import { SECRETS, withSecrets } from '../cli/environment.ts';
import type { Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';
import { findSetUpFault, ingressConnectionOptions } from '../temporal/index.ts';
import { mistake } from './config.ts';
import { temporalConfigOf } from './temporal-config.ts';

const ANSWER_MS = 5_000;

/** What is wrong is part of the answer. */
export async function examineTemporal(env: Environment): Promise<ExaminedTemporal> {
  try {
    const { address, namespace, credentials } = temporalConfigOf(withSecrets(env, SECRETS, mistake));
    const connection = Connection.lazy({ address, ...credentials, ...ingressConnectionOptions() });
    try {
      const fault = await connection.withDeadline(Date.now() + ANSWER_MS, () =>
        findSetUpFault({ connection, namespace }),
      );
      if (fault === null) return { address };
      const { code, what, command, advice = '' } = fault;
      return { address, fault: { code, found: what, fix: command ?? advice } };
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { code, message } = error;
    return { address: '', fault: { code, found: message, fix: 'correct that setting' } };
  }
}
