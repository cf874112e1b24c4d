/** Agents: the runner's port and its implementations. */
export { RunnerError } from './runner.ts';
export type { AgentRunner, RunPiece, RunRequest } from './runner.ts';
export { createCodeRunner } from './code.ts';
export type { CodeAgent, CodeCall, CodeSettings } from './code.ts';
export { createScriptedRunner } from './scripted.ts';
export { createModelRunner } from './model.ts';
export { createEndpoint } from './endpoints.ts';
export type { EndpointSettings } from './endpoints.ts';
export { createTransport } from './http/transport.ts';
