/** Agents: the runner's port and its two implementations. */
export { RunnerError } from './runner.ts';
export type { AgentRunner, RunRequest } from './runner.ts';
export { createScriptedRunner } from './scripted.ts';
export { createModelRunner } from './model.ts';
export { createLanguageModels } from './models.ts';
