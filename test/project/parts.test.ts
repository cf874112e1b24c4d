/** What the agents of a configuration need of the model endpoints is found at start, and by `convoke check`. */
import { expect, test } from '@jest/globals';
import { partsOf } from '../../src/project/parts.ts';
import { projectOf } from '../../src/project/project.ts';
import { agent, scorer } from '../../src/project/define.ts';

const MODELS = new Map([
  ['default', { defaultModel: 'm' }],
  ['bare', {}],
]);
const LOGGER = { info: () => undefined, warn: () => undefined };

const start = (settings: object): (() => unknown) => {
  const project = projectOf({ agents: { writer: agent.model({ instructions: 'Write.', ...settings }) } });
  return () => partsOf(project, MODELS, LOGGER);
};

test.each([
  [
    'has no model',
    { provider: 'bare' },
    /^agents\.writer: it names no model, and the model endpoint "bare" has none of its own/,
  ],
  ['does not exist', { provider: 'groq', model: 'm' }, /^agents\.writer: there is no model endpoint "groq"/],
])('an agent whose endpoint %s is refused', (_, settings, sentence) => {
  expect(start(settings)).toThrow(sentence);
});

test.each([{}, { provider: 'bare', model: 'm' }])('an agent with %j is not', (settings) => {
  expect(start(settings)).not.toThrow();
});

test('a scorer whose model endpoint does not exist is refused, and one that was not made by scorer', () => {
  const judge = scorer.model({ rubric: 'Is it good?', provider: 'groq', model: 'm' });
  expect(() => partsOf(projectOf({ scorers: { judge } }), MODELS, LOGGER)).toThrow(
    /^scorers\.judge: there is no model endpoint "groq"/,
  );
  const other = scorer.model({ rubric: 'Is it good?', rate: 0.5 });
  const { scorers, able } = partsOf(projectOf({ scorers: { other } }), MODELS, LOGGER);
  expect(scorers.get('other')).toEqual({
    ...{ kind: 'model', judge: { rubric: 'Is it good?' }, rate: 0.5, private: true },
  });
  expect(able).toContain('scorers');
  expect(partsOf(projectOf({}), MODELS, LOGGER).able).not.toContain('scorers');
  for (const wrong of [{ rate: 1 }, scorer.code(() => null, { rate: 2 })])
    expect(() => projectOf({ scorers: { wrong } })).toThrow();
});
