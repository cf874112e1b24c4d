/** Calls of tools, in a line each. */
import type { ToolCall } from '../contracts/index.ts';

/** Longest arguments and results that are shown, UTF-16 code units. */
const SHOWN_CHARS = 120;

const short = (text: string): string =>
  (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text)
    .replaceAll(/\s+/g, ' ')
    .toWellFormed();

export function callLine(agent: string, { tool, input }: ToolCall): string {
  return `${agent} calls ${tool} ${short(JSON.stringify(input))}`;
}

export function resultLine(tool: string, text: string): string {
  return `${tool} returns ${short(text)}`;
}
