/** How MCP servers are reached. The SDK is loaded by the first server that is used. */
import type { Stream } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { LIMITS } from '../../../src/contracts/index.ts';
import type { McpHttpSettings, McpStdioSettings } from './settings.ts';

/** Makes a transport, not started yet. `heard`: told what the server writes to its standard error. */
export type OpenTransport = (heard: (text: string) => void) => Promise<Transport>;

export function stdioTransport({ command, args = [], env, cwd }: McpStdioSettings): OpenTransport {
  return async (heard) => {
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const transport = new StdioClientTransport({
      ...{ command, args: [...args], stderr: 'pipe', maxBufferSize: LIMITS.mcpMessageBytes },
      ...(env === undefined ? {} : { env: { ...env } }),
      ...(cwd === undefined ? {} : { cwd }),
    });
    const stderr: Stream | null = transport.stderr;
    stderr?.on('data', (chunk: Buffer) => heard(chunk.toString('utf8', 0, LIMITS.mcpStderrChars)));
    return transport; // safety: its optional fields are declared without `undefined`
  };
}

export function httpTransport({ url, headers = {} }: McpHttpSettings): OpenTransport {
  return async () => {
    const { StreamableHTTPClientTransport } =
      await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { ...headers } },
      fetch: boundedFetch,
    });
    return transport; // safety: as above
  };
}

/** The answer to one request is bounded; the stream of notices is not, for it goes on for ever. */
async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (init?.method !== 'POST' || !response.body) return response;
  let left = LIMITS.mcpMessageBytes;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) controller.error(new Error('The answer of the MCP server is too large.'));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(bounded), { status, statusText, headers });
}
