/** Use a tool as a step does. */
import type { Tool, ToolRequest } from '../../../activities/tools/tool.ts';
import { sessionFiles } from '../../../src/files/index.ts';
import type { JsonObject } from '../../../src/contracts/index.ts';

const NO_FILES = sessionFiles(undefined, { tenant: 'acme', session: 's' });

export function callOf(input: JsonObject, more: Partial<ToolRequest> = {}): ToolRequest {
  return {
    ...{ tenant: 'acme', session: 's', turn: 't1', step: 't1.1.c1', attempt: 1, agent: 'a' },
    ...{ key: 'session:acme:s:t1.1.c1', input, signal: new AbortController().signal },
    files: NO_FILES,
    ...more,
  };
}

/** All that a call tells. Throws what the tool throws. */
export async function use(tool: Tool, input: JsonObject, more: Partial<ToolRequest> = {}) {
  const told = { result: '', progress: '' };
  for await (const { type, text } of tool.run(callOf(input, more))) told[type] += text;
  return told;
}
