/** What `convoke` exports: how a configuration is written. */
export { RunnerError as AgentError, mcp, tool, ToolError } from '../../activities/index.ts';
export type { CodeAgent, CodeCall, RunPiece, ToolContext, ToolSettings } from '../../activities/index.ts';
export type { ApprovalRule, Approvers } from '../contracts/index.ts';
export { agent, defineConfig } from './define.ts';
export type {
  AgentDefinition,
  CodeAgentSettings,
  HttpAgent,
  ModelAgent,
  ProjectConfig,
  Schema,
} from './define.ts';
