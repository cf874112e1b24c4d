/** What stands in and between the chunks of a stream. */
import { data, chunk, say, STOP, DONE, USAGE, COUNTED, HELLO, stream, good } from './oddity.ts';
import type { Oddity } from './oddity.ts';

export const KEEP_ALIVES: readonly Oddity[] = [
  ['comments', ': OPENROUTER PROCESSING\n\n'],
  ['empty data', 'data:\n\n'],
  ['an empty object', data({})],
  ['an event named ping', 'event: ping\ndata: {"type":"ping"}\n\n'],
  ['a bare word', data('keep-alive')],
  ['a word without a field', 'ping\n\n'],
  ['retry and id', 'retry: 3000\nid: 17\n\n'],
  ['a number, null and a list', data('1') + data('null') + data('[]')],
  ['progress of another kind', data({ object: 'progress', percent: 40 })],
  ['choices: null', data({ choices: null })],
  ['choices: []', data({ choices: [] })],
].map(([name = '', sent = '']) =>
  good(`keep-alive: ${name}`, stream(sent, say('Hel'), sent, say('lo'), sent, STOP, DONE)),
);

export const FIELDS: readonly Oddity[] = [
  good('a usage chunk without choices', stream(HELLO, STOP, data({ usage: USAGE }), DONE), {
    usage: COUNTED,
  }),
  good('a usage chunk with choices: null', stream(HELLO, STOP, data({ choices: null, usage: USAGE }), DONE), {
    usage: COUNTED,
  }),
  // JSON may hold them as they are, and a line of an event stream does not end there.
  good('line separators of Unicode in the text', stream(say('Hel\u2028', '\u2029lo'), STOP, DONE), {
    text: 'Hel\u2028\u2029lo',
  }),
  good(
    'usage as text',
    stream(HELLO, STOP, data({ choices: [], usage: { prompt_tokens: '7', completion_tokens: '2' } }), DONE),
    { usage: COUNTED },
  ),
  good(
    'usage that is none',
    stream(chunk({ content: 'Hello' }, null, { usage: 'none' }), chunk({}, 'stop', { usage: [] }), DONE),
  ),
  good(
    'usage in every chunk',
    stream(
      chunk({ content: 'Hel' }, null, { usage: { prompt_tokens: 7, completion_tokens: 1 } }),
      chunk({ content: 'lo' }, 'stop', { usage: USAGE }),
      DONE,
    ),
    { usage: COUNTED },
  ),
  good(
    'cached and reasoning tokens',
    stream(
      HELLO,
      STOP,
      data({
        choices: [],
        usage: {
          ...USAGE,
          prompt_tokens_details: { cached_tokens: 5 },
          completion_tokens_details: { reasoning_tokens: 1 },
        },
      }),
      DONE,
    ),
    { usage: { ...COUNTED, cachedTokens: 5, reasoningTokens: 1 } },
  ),
  good(
    'cached tokens as DeepSeek counts them',
    stream(HELLO, STOP, data({ choices: [], usage: { ...USAGE, prompt_cache_hit_tokens: 6 } }), DONE),
    { usage: { ...COUNTED, cachedTokens: 6 } },
  ),
  good(
    'ids, times and models of other types',
    stream(
      chunk({ content: 'Hello' }, 'stop', {
        id: 17,
        created: '2025-01-01',
        model: null,
        system_fingerprint: {},
      }),
      DONE,
    ),
  ),
  good(
    'roles of other kinds',
    stream(chunk({ role: 'model', content: 'Hel' }), chunk({ role: null, content: 'lo' }), STOP, DONE),
  ),
  good(
    'an index as text',
    stream(data({ choices: [{ index: '0', delta: { content: 'Hello' }, finish_reason: 'stop' }] }), DONE),
  ),
  good(
    'tool-call stubs',
    stream(
      chunk({ content: 'Hel', tool_calls: null }),
      chunk({ content: 'lo', tool_calls: [] }),
      chunk({ tool_calls: {} }, 'stop'),
      DONE,
    ),
  ),
  good(
    'a tool call without a function',
    stream(chunk({ content: 'Hello', tool_calls: [{ index: 'x', function: null }] }), STOP, DONE),
    { finish: 'tools' },
  ),
  good(
    'log probabilities, annotations, audio',
    stream(chunk({ content: 'Hello', audio: 1, annotations: 'x' }, 'stop', { logprobs: 3 }), DONE),
  ),
  good(
    'content: null between pieces',
    stream(chunk({ role: 'assistant', content: null }), HELLO, chunk({ content: null }, 'stop'), DONE),
  ),
  good(
    'content in parts',
    stream(
      chunk({
        content: [
          { type: 'text', text: 'Hel' },
          { type: 'text', text: 'lo' },
        ],
      }),
      STOP,
      DONE,
    ),
  ),
  good(
    'a message instead of a delta',
    stream(data({ choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }] }), DONE),
  ),
  good(
    'the whole message once more at the end',
    stream(
      HELLO,
      data({ choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }] }),
      DONE,
    ),
  ),
  good(
    'text as completions have it',
    stream(data({ choices: [{ index: 0, text: 'Hello', finish_reason: 'stop' }] }), DONE),
  ),
  good('a refusal in the model’s own words', stream(chunk({ refusal: 'Hello' }), STOP, DONE)),
  good(
    'several choices',
    stream(
      data({
        choices: [
          { index: 0, delta: { content: 'Hello' } },
          { index: 1, delta: { content: 'Bye' } },
        ],
      }),
      data({ choices: [{ index: 1, delta: { content: 'Bye' } }] }),
      STOP,
      DONE,
    ),
  ),
  good('error: null in every chunk', stream(chunk({ content: 'Hello' }, 'stop', { error: null }), DONE)),
];
