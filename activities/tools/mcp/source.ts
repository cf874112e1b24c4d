/** The tools of an MCP server, over as many connections as it takes. */
import type { CallToolResult, Tool as ServerTool } from '@modelcontextprotocol/sdk/types.js';
import { LIMITS, type JsonObject, type ToolEffect } from '../../../src/contracts/index.ts';
import { approvalFor } from '../approval.ts';
import { serverToolName } from '../names.ts';
import { withProgress } from '../progress.ts';
import { mismatch } from '../schema.ts';
import type { OpenSource, SourceLogger } from '../source.ts';
import { ToolError, type Tool, type ToolRequest } from '../tool.ts';
import { Connection, NoSession } from './connection.ts';
import { textOf } from './results.ts';
import type { McpSettings } from './settings.ts';
import { StderrLog } from './stderr-log.ts';
import type { OpenTransport } from './transports.ts';

export interface McpServer {
  /** Its name in the configuration. */
  readonly name: string;
  readonly settings: McpSettings;
  readonly transport: OpenTransport;
  readonly logger: SourceLogger | undefined;
}

/**
 * Connects when its tools are first asked for. A server that is gone is connected to again by the next call; until then its tools are those
 * that it had. What a call does that meets a server that dies, hangs or talks nonsense: see `#call`.
 */
export class McpSource implements OpenSource {
  readonly #server: McpServer;
  readonly #stderr: StderrLog;
  #opening: Promise<Connection> | null = null;
  #tools: ReadonlyMap<string, Tool> | null = null;
  #listing: Promise<ReadonlyMap<string, Tool>> | null = null;
  #isClosed = false;

  constructor(server: McpServer) {
    this.#server = server;
    this.#stderr = new StderrLog(server.name, server.logger);
  }

  async tools(): Promise<ReadonlyMap<string, Tool>> {
    if (this.#tools) return this.#tools;
    this.#listing ??= this.#list().finally(() => {
      this.#listing = null;
    });
    return this.#listing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = await this.#opening?.catch(() => null);
    await connection?.close();
  }

  async #list(): Promise<ReadonlyMap<string, Tool>> {
    const connection = await this.#connect();
    try {
      const listed = await connection.tools(this.#connectMs);
      this.#tools = this.#named(listed);
      return this.#tools;
    } catch (error) {
      await connection.close();
      throw this.#away(error);
    }
  }

  get #connectMs(): number {
    return this.#server.settings.connectMs ?? LIMITS.mcpConnectMs;
  }

  /** The connection that there is, or a new one. Throws a `ToolError`: nothing has been called. */
  async #connect(): Promise<Connection> {
    const before = this.#opening;
    const connection = await before?.catch(() => null);
    if (connection?.isOpen) return connection;
    // Several callers may find out that it is gone; the first connects again.
    if (this.#opening === before && !this.#isClosed) {
      // What the server can do now may be something else.
      if (connection) this.#tools = null;
      this.#opening = this.#open();
    }
    try {
      if (this.#opening && !this.#isClosed) return await this.#opening;
    } catch (error) {
      throw this.#away(error);
    }
    throw this.#away(new Error('The worker stops.'));
  }

  #open(): Promise<Connection> {
    const { transport } = this.#server;
    return Connection.open({
      ...{ transport, connectMs: this.#connectMs },
      heard: (text) => this.#stderr.heard(text),
      changed: () => {
        this.#tools = null;
      },
    });
  }

  /** The server cannot be reached: told to people and models without what it may hold of keys and addresses. */
  #away(error: unknown): ToolError {
    const { name, logger } = this.#server;
    logger?.warn({ err: error, server: name }, 'An MCP server cannot be reached');
    return new ToolError(`The MCP server "${name}" cannot be reached.`, { retryable: true, cause: error });
  }

  #named(listed: readonly ServerTool[]): ReadonlyMap<string, Tool> {
    const { name, logger } = this.#server;
    const tools = new Map<string, Tool>();
    for (const tool of listed) {
      const full = serverToolName(name, tool.name);
      if (tools.has(full))
        logger?.warn({ server: name, tool: tool.name }, 'Two tools of an MCP server have one name');
      else tools.set(full, this.#tool(full, tool));
    }
    return tools;
  }

  #tool(full: string, { name, description = '', inputSchema, annotations }: ServerTool): Tool {
    const { effects = {}, approvals = {}, timeoutMs } = this.#server.settings;
    const approval = Object.hasOwn(approvals, name) ? approvals[name] : undefined;
    const { $schema: _, ...schema } = inputSchema;
    const input = schema as JsonObject; // safety: a JSON Schema is JSON
    return {
      spec: {
        name: full,
        description: description.slice(0, LIMITS.mcpDescriptionChars).toWellFormed(),
        input,
      },
      effect: effects[name] ?? effectOf(annotations),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(approval === undefined ? {} : { approval: (value) => approvalFor(approval, full, value) }),
      check: mayStall(input) ? () => null : (value) => checked(input, value),
      run: (request) => withProgress((progress) => this.#call(name, request, progress)),
    };
  }

  /**
   * What comes of a call:
   * - the server answers with an error, or refuses the call: `tool_failed` with its words;
   * - it cannot be reached, or is gone before it has answered: `tool_failed`, retried unless the tool's effect is `once`;
   * - it does not answer: the step's `tool_timeout`, and the server is told to stop.
   */
  async #call(tool: string, request: ToolRequest, progress: (note: string) => void): Promise<string> {
    let result: CallToolResult;
    for (let tried = 1; ; tried += 1) {
      const connection = await this.#connect();
      try {
        result = await connection.call(tool, request, progress);
        break;
      } catch (error) {
        request.signal.throwIfAborted();
        if (error instanceof ToolError) throw error;
        await connection.close();
        // It was started anew since, and has not made the call.
        if (!(error instanceof NoSession && tried === 1)) throw this.#lost(error);
      }
    }
    return said(result, request.files);
  }

  #lost(error: unknown): ToolError {
    const { name, logger } = this.#server;
    logger?.warn({ err: error, server: name }, 'An MCP server was lost during a call');
    const message = `The MCP server "${name}" was lost during the call, which may have had its effect.`;
    return new ToolError(message, { retryable: true, cause: error });
  }
}

async function said(result: CallToolResult, files: ToolRequest['files']): Promise<string> {
  const text = await textOf(result, files);
  if (result.isError === true)
    throw new ToolError(text === '' ? 'The tool failed and does not say why.' : text);
  return text;
}

function effectOf({
  readOnlyHint,
  idempotentHint,
  destructiveHint,
}: ServerTool['annotations'] = {}): ToolEffect {
  if (readOnlyHint === true) return 'none';
  // A tool that is said to be both is not believed.
  return idempotentHint === true && destructiveHint !== true ? 'keyed' : 'once';
}

/** A schema that cannot be read here is the server's to check. */
function checked(schema: JsonObject, value: JsonObject): string | null {
  try {
    return mismatch(schema, value);
  } catch {
    return null;
  }
}

/** Patterns may backtrack for ever, uniqueness costs the square of what is checked: then, too. */
function mayStall(schema: JsonObject): boolean {
  let found = false;
  JSON.stringify(schema, (key, value: unknown) => {
    found ||= key === 'patternProperties' || (key === 'pattern' && typeof value === 'string');
    found ||= key === 'uniqueItems' && value === true;
    return value;
  });
  return found;
}
