/** MCP servers in a configuration: `mcp.stdio({ command })`, `mcp.http({ url })`. */
import type { ToolEffect } from '../../../src/contracts/index.ts';
import { checkApproval, type ToolApprovals } from '../approval.ts';
import type { ToolSource } from '../source.ts';
import { httpTransport, stdioTransport } from './transports.ts';
import { McpSource } from './source.ts';

export interface McpSettings {
  /**
   * What a repetition of these tools does, by the server's names for them. Of others the server's hints are believed: `readOnlyHint` is
   * `none`, `idempotentHint` is `keyed`, anything else is `once`.
   */
  readonly effects?: Readonly<Record<string, ToolEffect>>;
  /** Which calls people have to approve, by the server's names for its tools. */
  readonly approvals?: Readonly<Record<string, ToolApprovals>>;
  /** Longest time of one call, ms. */
  readonly timeoutMs?: number;
  /** Longest time until the server has started and told its tools, ms; default `LIMITS.mcpConnectMs`. */
  readonly connectMs?: number;
}

export interface McpStdioSettings extends McpSettings {
  /** A program that speaks MCP by its standard input and output. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Beside PATH, HOME and the like: no other variable of the worker is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface McpHttpSettings extends McpSettings {
  /** Of streamable HTTP: `https://example.com/mcp`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Servers whose tools agents may use, as `{name in the configuration}__{name of the tool}`. Each throws a `TypeError` for a mistake. */
export const mcp = {
  stdio(settings: McpStdioSettings): ToolSource {
    checkApprovals(settings);
    if (settings.command === '') throw new TypeError('mcp.stdio needs a command.');
    return {
      open: (name, logger) => new McpSource({ name, logger, settings, transport: stdioTransport(settings) }),
    };
  },
  http(settings: McpHttpSettings): ToolSource {
    checkApprovals(settings);
    const protocol = URL.parse(settings.url)?.protocol;
    if (protocol !== 'http:' && protocol !== 'https:')
      throw new TypeError('mcp.http needs an http or https URL.');
    return {
      open: (name, logger) => new McpSource({ name, logger, settings, transport: httpTransport(settings) }),
    };
  },
};

function checkApprovals({ approvals = {} }: McpSettings): void {
  for (const [name, approval] of Object.entries(approvals)) checkApproval(approval, name);
}
