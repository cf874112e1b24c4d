/** An MCP server that misbehaves: `node scripted-mcp.mjs MODE`. */
import { createInterface } from 'node:readline';

const mode = process.argv[2];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = { type: 'string', ...(mode === 'bomb' ? { pattern: '^(a+)+$' } : {}) };
const inputSchema = { type: 'object', properties: { text, pattern: { type: 'number' } } };
const tool = (name) => ({ name, description: name, inputSchema });
let pings = 0;
let names = ['first', 'a.b/c'];

function call({ id, params }) {
  if (mode === 'hang') return;
  if (mode === 'die') process.exit(3);
  if (mode === 'huge') return send({ id, result: { content: [{ type: 'text', text: 'x'.repeat(20e6) }] } });
  if (mode === 'garbage') return process.stdout.write('{"jsonrpc": nonsense\n<html>\n');
  if (mode === 'lines') process.stdout.write('garbage\n'.repeat(50_000));
  if (mode === 'loud') process.stderr.write('y'.repeat(5e6));
  if (mode === 'change') {
    names = ['second'];
    send({ method: 'notifications/tools/list_changed' });
  }
  if (mode === 'tells') {
    const { progressToken } = params._meta;
    const told = {
      method: 'notifications/progress',
      params: { progressToken, progress: 1, message: 'almost' },
    };
    const lines = [told, { id, result: { content: [{ type: 'text', text: 'yes' }] } }];
    // In one piece, as a busy pipe hands them over.
    return process.stdout.write(
      lines.map((line) => `${JSON.stringify({ jsonrpc: '2.0', ...line })}\n`).join(''),
    );
  }
  const failed = params.name === 'a.b/c';
  send({
    id,
    result: {
      content: [{ type: 'text', text: failed ? 'No.' : mode === 'lines' ? `${pings}` : 'yes' }],
      isError: failed,
    },
  });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  const { id, method, params } = message;
  if (mode === 'mute') return;
  if (method === 'initialize') {
    const capabilities = { tools: { listChanged: true } };
    const serverInfo = { name: 'scripted', version: '1' };
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities, serverInfo } });
  }
  if (method === 'ping') {
    pings += 1;
    send({ id, result: {} });
  }
  if (method === 'tools/list') send({ id, result: { tools: names.map(tool) } });
  if (method === 'tools/call') call(message);
});
