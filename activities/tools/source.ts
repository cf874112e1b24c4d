/** Where tools of the configuration come from: a function, a server with several. */
import type { Logger } from '../../src/telemetry/index.ts';
import type { Tool } from './tool.ts';

export type SourceLogger = Pick<Logger, 'info' | 'warn'>;

/** What `tools` of the configuration holds under a name. */
export interface ToolSource {
  /** @param name Its key in the configuration. Connects to nothing yet. */
  open(name: string, logger?: SourceLogger): OpenSource;
}

export interface OpenSource {
  /** By their full names. Throws a `ToolError` if the source cannot be reached. */
  tools(): Promise<ReadonlyMap<string, Tool>>;
  close(): Promise<void>;
}
