import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTransport } from '../../activities/agents/index.ts';
import type { ModelFault } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import { ODDITIES, type Oddity } from './oddities/index.ts';
import { hearModel, modelRunner, runnerError } from './run.ts';

const faults: ModelFault[] = [];
const WEATHER = { name: 'weather', description: 'Tells the weather', input: { type: 'object' } };
let model: ScriptedModel;
const transport = createTransport();

beforeAll(async () => {
  model = await startScriptedModel({ faults });
});

afterAll(async () => {
  await model.stop();
});

describe.each(Object.entries(ODDITIES))('%s', (name, oddities) => {
  test.each(oddities.map((oddity): [string, Oddity] => [oddity.name, oddity]))('%s', async (_, oddity) => {
    const before = model.requests.length;
    faults.splice(0, 1, { kind: 'raw', ...oddity.sent });
    const more = name === 'tool calls' ? { tools: [WEATHER] } : {};
    const heard = await hearModel(modelRunner({ baseUrl: model.url }, transport), { more });
    expect(heard).toMatchObject({
      text: oddity.text ?? '',
      reasoning: oddity.reasoning ?? '',
      usage: oddity.usage,
      calls: oddity.calls ?? [],
    });
    if (oddity.fails) {
      const { says = '', retryAfterMs, ...fails } = oddity.fails;
      const failure = runnerError(heard);
      expect(failure).toMatchObject(fails);
      expect(failure.message).toMatch(says);
      expect(failure.retryAfterMs).toBe(retryAfterMs);
    } else {
      expect(heard).toMatchObject({ error: undefined, finish: oddity.finish ?? 'stop' });
    }
    // Whatever comes of it, the model was asked once.
    expect(model.requests.length - before).toBe(1);
  });
});
