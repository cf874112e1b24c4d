/** What `convoke` exports: how a configuration is written. */
export { RunnerError as AgentError, mcp, tool, ToolError } from '../../activities/index.ts';
export type {
  CodeAgent,
  CodeCall,
  RunPiece,
  Score,
  ScoredStep,
  ScoredTurn,
  ScorerCall,
  ScorerCode,
  ToolContext,
  ToolSettings,
} from '../../activities/index.ts';
export type { ApprovalRule, Approvers } from '../contracts/index.ts';
export { agent, defineConfig, scorer } from './define.ts';
export type {
  AgentDefinition,
  CodeAgentSettings,
  HttpAgent,
  ModelAgent,
  ProjectConfig,
  Schema,
  ScorerDefinition,
  ScorerSettings,
} from './define.ts';
