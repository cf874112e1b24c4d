/** How streams end. */
import { data, chunk, say, STOP, DONE, USAGE, COUNTED, HELLO, stream, failing, good } from './oddity.ts';
import type { Oddity } from './oddity.ts';

export const ENDS: readonly Oddity[] = [
  good('a whole answer and its end mark, then the body stays open', {
    body: [HELLO, STOP, DONE],
    then: 'open',
  }),
  good('a finish reason, no end mark, then the body stays open', { body: [HELLO, STOP], then: 'open' }),
  good('closed without the last chunk after the finish reason', { body: [HELLO, STOP], then: 'close' }),
  good('reset after the finish reason', { body: [HELLO, STOP, 50], then: 'reset' }),
  good(
    'an error after the finish reason',
    stream(HELLO, STOP, data({ error: { message: 'late', code: 500 } })),
  ),
  good('rubbish after the end mark', stream(HELLO, STOP, DONE, data('{"choices":[{"delta":'), '<html>')),
  good('an end mark without a finish reason', stream(HELLO, DONE)),
  good('text after the finish reason', stream(say('Hel'), STOP, say('lo'), DONE)),
  good('the finish reason with the last text', stream(say('Hel'), chunk({ content: 'lo' }, 'stop'), DONE)),
  good('`length`', stream(HELLO, chunk({}, 'length'), DONE), { finish: 'length' }),
  good('MAX_TOKENS', stream(HELLO, chunk({}, 'MAX_TOKENS'), DONE), { finish: 'length' }),
  good('`content_filter` after some text', stream(HELLO, chunk({}, 'content_filter'), DONE), {
    finish: 'filter',
  }),
  good('`tool_calls` after some text', stream(HELLO, chunk({}, 'tool_calls'), DONE), { finish: 'tools' }),
  good('`eos_token`', stream(HELLO, chunk({}, 'eos_token'), DONE)),
  good('an empty finish reason in every chunk', stream(chunk({ content: 'Hello' }, ''), STOP, DONE)),
  ...['error', 'abort', 'network_error', 'insufficient_system_resource', 'cosmic_ray'].map((word) => ({
    ...{ name: `finish reason ${word}`, text: 'Hello', usage: COUNTED },
    ...{ sent: stream(HELLO, chunk({}, word), data({ choices: [], usage: USAGE }), DONE) },
    fails: failing('agent_failed', word),
  })),
  {
    name: 'a close in the middle',
    sent: { body: [say('Hel')], then: 'close' },
    text: 'Hel',
    fails: failing('agent_failed'),
  },
  { name: 'an end in the middle', sent: stream(say('Hel')), text: 'Hel', fails: failing('agent_failed') },
  {
    name: 'half a chunk at the end',
    sent: stream(say('Hel'), 'data: {"choices":[{"del'),
    text: 'Hel',
    fails: failing('agent_failed'),
  },
  {
    name: 'a chunk that is no JSON',
    sent: stream(say('Hel'), data('{"choices": [{"delta"'), say('lo'), STOP, DONE),
    text: 'Hel',
    fails: failing('agent_failed'),
  },
  { name: 'an empty body', sent: stream(), text: '', fails: failing('agent_failed') },
];
