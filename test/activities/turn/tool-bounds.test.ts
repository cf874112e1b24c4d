/** Tools that tell too much, come too late, or cannot be reached. */
import { describe, expect, test } from '@jest/globals';
import { ToolError } from '../../../activities/tools/tool.ts';
import { LIMITS, type AgentSpec } from '../../../src/contracts/index.ts';
import { useScene } from '../scene.ts';
import { infoWith } from '../support.ts';
import { TestTool, toolbox } from '../test-tool.ts';

const scene = useScene();

const withTools = (more: Partial<AgentSpec>): void => scene.open(infoWith(more));

describe('what a tool tells', () => {
  test('is cut if it is too long: a model is told how much is left out', async () => {
    const big = new TestTool('big').answer('x'.repeat(100_000_000));
    withTools({ tools: ['big'] });
    const turn = scene.execute({ tools: toolbox(big) });
    scene.agent.call('big');
    scene.agent.end();
    // So much at once is handed to the workflow before the turn goes on.
    expect((await scene.back(turn)).status).toBe('yielded');
    const next = scene.execute({ tools: toolbox(big) });
    scene.agent.end('A lot.');
    expect((await next.result).status).toBe('done');
    const { text = '' } = scene.agent.requests[1]?.rounds?.[0]?.calls[0]?.result ?? {};
    expect(text).toMatch(/^x{32000,}\n\[\d+ more characters are left out\.\]$/);
    expect(text.length).toBeLessThanOrEqual(LIMITS.toolResultChars);
    const end = (await scene.logged()).find(({ id }) => id === 'step:t1.1.c1:end');
    expect(end).toMatchObject({ type: 'step.completed', data: { text } });
  });

  test('may come too late', async () => {
    const slow = Object.assign(new TestTool('slow'), { timeoutMs: 20 });
    withTools({ tools: ['slow'] });
    const turn = scene.execute({ tools: toolbox(slow) });
    scene.agent.call('slow');
    scene.agent.end();
    scene.agent.end('Sorry.');
    expect((await turn.result).status).toBe('done');
    expect(scene.agent.requests[1]?.rounds?.[0]?.calls[0]?.result).toEqual({
      ...{ status: 'failed', text: 'tool_timeout: The tool did not finish within 20 ms.' },
    });
    expect(slow.requests).toHaveLength(1);
  });
});

describe('the tools of a server', () => {
  const read = new TestTool('files__read');

  test('are offered to an agent that names the server', async () => {
    withTools({ tools: ['files'] });
    const turn = scene.execute({ tools: toolbox(read.answer('text'), new TestTool('other__read')) });
    scene.agent.call('files__read');
    scene.agent.end();
    scene.agent.end('Done.');
    expect((await turn.result).status).toBe('done');
    const [first, second] = scene.agent.requests;
    expect(first?.tools?.map(({ name }) => name)).toEqual(['files__read']);
    expect(second?.rounds?.[0]?.calls[0]?.result).toEqual({ status: 'completed', text: 'text' });
  });

  test('that cannot be reached are asked for again', async () => {
    withTools({ tools: ['files'] });
    let asked = 0;
    const tools = async () => {
      asked += 1;
      if (asked === 1) throw new ToolError('The server cannot be reached.', { retryable: true });
      return toolbox(read);
    };
    const turn = scene.execute({ tools });
    scene.agent.end('Done.');
    expect((await turn.result).status).toBe('done');
    const restarted = (await scene.logged()).find(({ type }) => type === 'step.restarted');
    expect(restarted).toMatchObject({ data: { reason: 'The server cannot be reached.' } });
  });
});
