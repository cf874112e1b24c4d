/** Reasoning, and answers without text. */
import {
  data,
  chunk,
  say,
  STOP,
  DONE,
  USAGE,
  COUNTED,
  HELLO,
  stream,
  json,
  failing,
  final,
  good,
} from './oddity.ts';
import type { Oddity } from './oddity.ts';

export const THINKING: readonly Oddity[] = [
  good(
    'reasoning_content',
    stream(chunk({ reasoning_content: 'hm ' }), chunk({ reasoning_content: 'yes' }), HELLO, STOP, DONE),
    { reasoning: 'hm yes' },
  ),
  good('reasoning', stream(chunk({ reasoning: 'hm' }), HELLO, STOP, DONE), { reasoning: 'hm' }),
  good(
    'reasoning under two names',
    stream(chunk({ reasoning: 'hm', reasoning_content: 'hm' }), HELLO, STOP, DONE),
    { reasoning: 'hm' },
  ),
  good(
    'reasoning of another type',
    stream(chunk({ reasoning: { effort: 'high' }, content: 'Hello' }), STOP, DONE),
  ),
  good(
    'thinking parts',
    stream(
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      HELLO,
      STOP,
      DONE,
    ),
    { reasoning: 'hm' },
  ),
  good('a think block', stream(say('<think>', 'hm', '</think>', '\n\nHello'), STOP, DONE), {
    reasoning: 'hm',
  }),
  good(
    'a think block, its tags cut',
    stream(say('\n<th', 'ink>h', 'm</', 'thi', 'nk>', '\n\n', 'Hello'), STOP, DONE),
    { reasoning: 'hm' },
  ),
  good('an empty think block', stream(say('<think>\n\n</think>\n\nHello'), STOP, DONE), {
    reasoning: '\n\n',
  }),
  good('two think blocks', stream(say('<think>a</think>\n<think>b</think>Hello'), STOP, DONE), {
    reasoning: 'ab',
  }),
  good(
    'a think block in an answer that is not streamed',
    json({ choices: [{ message: { content: '<think>hm</think>Hello' }, finish_reason: 'stop' }] }),
    { reasoning: 'hm' },
  ),
  good('a tag that the text is about', stream(say('Use <think> ', 'and </think>.'), STOP, DONE), {
    text: 'Use <think> and </think>.',
  }),
  good('text that begins like a tag', stream(say('<thi', 'rd>'), STOP, DONE), { text: '<third>' }),
  {
    name: 'only reasoning, then `length`',
    sent: stream(
      chunk({ reasoning_content: 'hm' }),
      chunk({}, 'length'),
      data({ choices: [], usage: USAGE }),
      DONE,
    ),
    text: '',
    reasoning: 'hm',
    usage: COUNTED,
    fails: final('agent_empty', 'reasoning'),
  },
  {
    name: 'a think block without an end',
    sent: stream(say('<think>hm'), chunk({}, 'length'), DONE),
    text: '',
    reasoning: 'hm',
    fails: final('agent_empty', 'reasoning'),
  },
  {
    name: 'only reasoning, then `stop`',
    sent: stream(chunk({ reasoning: 'hm' }), STOP, DONE),
    text: '',
    reasoning: 'hm',
    fails: failing('agent_empty', 'reasoning'),
  },
  {
    name: 'only a tool call',
    sent: stream(
      chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: '{}' } }] }),
      chunk({}, 'tool_calls'),
      DONE,
    ),
    text: '',
    fails: final('agent_empty', 'tool'),
  },
  {
    name: 'only a tool call, called `stop`',
    sent: stream(chunk({ tool_calls: [{ function: { name: 'f' } }] }), STOP, DONE),
    text: '',
    fails: final('agent_empty', 'tool'),
  },
  {
    name: 'stopped by a filter at once',
    sent: stream(chunk({}, 'content_filter'), DONE),
    text: '',
    fails: final('agent_empty', 'filter'),
  },
  { name: 'nothing at all', sent: stream(STOP, DONE), text: '', fails: failing('agent_empty') },
];
