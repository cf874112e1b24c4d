/** One connection to an MCP server, from its handshake to its end. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolResult, Tool as ServerTool } from '@modelcontextprotocol/sdk/types.js';
import { LIMITS } from '../../../src/contracts/index.ts';
import { ToolError, type ToolRequest } from '../tool.ts';
import type { OpenTransport } from './transports.ts';

export interface ConnectionSettings {
  readonly transport: OpenTransport;
  readonly connectMs: number;
  readonly heard: (text: string) => void;
  /** The server says that its tools are others now. */
  readonly changed: () => void;
}

/** Pages of a list of tools that are read. */
const PAGES = 20;
/** A server that does not answer this is lost, ms. */
const PING_MS = 5_000;
/** What a server answers that does not know the session of the connection: it has not done the call. */
const NO_SESSION: readonly unknown[] = [400, 404];

export class Connection {
  readonly #client: Client;
  #isOpen = true;
  #isPinging = false;

  private constructor(client: Client) {
    this.#client = client;
    client.onclose = () => {
      this.#isOpen = false;
    };
    // A broken stream of HTTP does not end the calls that wait for it.
    client.onerror = () => void this.#ping();
  }

  /** Rejects if the server does not start, or does not answer in time. */
  static async open({ transport, connectMs, heard, changed }: ConnectionSettings): Promise<Connection> {
    const [{ Client }, { ToolListChangedNotificationSchema }] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    const client = new Client({ name: 'convoke', version: '0.1.0' });
    client.setNotificationHandler(ToolListChangedNotificationSchema, changed);
    const started = await transport(heard);
    try {
      await client.connect(started, { timeout: connectMs });
      hearInTurn(started);
    } catch (error) {
      await started.close().catch(() => undefined);
      throw error;
    }
    return new Connection(client);
  }

  /** One at a time: every line of garbage is an error. */
  async #ping(): Promise<void> {
    if (this.#isPinging) return;
    this.#isPinging = true;
    await this.#client.ping({ timeout: PING_MS }).catch(() => this.close());
    this.#isPinging = false;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async tools(timeout: number): Promise<readonly ServerTool[]> {
    const { ListToolsResultSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const all: ServerTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES && all.length < LIMITS.mcpTools; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const list = await this.#client.request({ method: 'tools/list', params }, ListToolsResultSchema, {
        timeout,
      });
      all.push(...list.tools);
      cursor = list.nextCursor;
      if (cursor === undefined) break;
    }
    return all.slice(0, LIMITS.mcpTools);
  }

  /**
   * Throws a `ToolError` that may not be retried if the server refuses the call, `NoSession` if it does not know this connection any more,
   * else what broke: then nobody knows whether the call had its effect.
   */
  async call(
    name: string,
    { input, key, signal, traceparent }: Pick<ToolRequest, 'input' | 'key' | 'signal' | 'traceparent'>,
    progress: (note: string) => void,
  ): Promise<CallToolResult> {
    const { CallToolResultSchema, McpError } = await import('@modelcontextprotocol/sdk/types.js');
    const params = {
      name,
      arguments: input,
      _meta: { 'convoke/idempotency-key': key, ...(traceparent && { traceparent }) },
    };
    try {
      return await this.#client.request({ method: 'tools/call', params }, CallToolResultSchema, {
        // The step has bounds of its own.
        ...{ signal, timeout: LIMITS.stepTimeoutMostMs },
        onprogress: ({ message, progress: done, total }) =>
          progress(message ?? (total === undefined ? String(done) : `${done}/${total}`)),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof McpError && this.#isOpen) throw new ToolError(error.message, { cause: error });
      // safety: any value
      if (NO_SESSION.includes((error as { code?: unknown }).code)) throw new NoSession();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#client.close().catch(() => undefined);
  }
}

/**
 * The SDK handles a result at once and a notification a moment later, and forgets who waits for progress with the result: what a tool tells
 * right before it ends would be lost (SDK 1.32). So each message is heard when the one before has been.
 */
function hearInTurn(transport: Transport): void {
  const { onmessage } = transport;
  let before = Promise.resolve();
  transport.onmessage = (message, extra) => {
    before = before.then(() => onmessage?.(message, extra));
  };
}

export class NoSession extends Error {}
