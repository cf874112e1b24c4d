/** `convoke check`: a configuration is loaded and checked as a worker does it, and nothing is started. */
import type { CheckedConfig } from '../cli/commands/check.ts';
import type { Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';
import { filesOf } from '../project/files.ts';
import { findConfig, loadProject } from '../project/load.ts';
import { createLogger } from '../telemetry/index.ts';
import { readConfig } from './config.ts';
import { createModels } from './models.ts';
import { partsOf } from '../project/parts.ts';

/** What is wrong is part of the answer. Throws what is no mistake of the configuration. */
export async function checkProject(
  env: Environment,
  options: { readonly folder: string; readonly file?: string | undefined },
): Promise<CheckedConfig> {
  let file: string | null = null;
  const about = (): Pick<CheckedConfig, 'file' | 'files'> => ({
    file,
    files: file === null ? [] : filesOf(file),
  });
  try {
    file = findConfig(options);
    const project = await loadProject(options);
    const { models } = readConfig(env, project?.providers);
    const logger = createLogger('check', 'silent');
    createModels(models, logger);
    if (!project) return { ...about(), agents: [], tools: [], teams: [] };
    await partsOf(project, models, logger).close();
    const { agents, tools, teams } = project;
    return { ...about(), agents: [...agents.keys()], tools: Object.keys(tools), teams: Object.keys(teams) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { code, message } = error;
    return { ...about(), agents: [], tools: [], teams: [], error: { code, message } };
  }
}
