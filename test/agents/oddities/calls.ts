/** Tool calls, as servers stream them. The agent has a tool `weather`. */
import type { ToolCall } from '../../../src/contracts/index.ts';
import { data, chunk, say, STOP, DONE, HELLO, stream, json, good, final } from './oddity.ts';
import type { Oddity } from './oddity.ts';

const ROME = { city: 'Rome' };
const CALL: ToolCall = { id: 'c1', tool: 'weather', input: ROME };
const OSLO: ToolCall = { id: 'c2', tool: 'weather', input: { city: 'Oslo' } };
const END = chunk({}, 'tool_calls');

/** A chunk with a piece of a call. */
const piece = (call: object, told: object): string => chunk({ tool_calls: [{ ...call, function: told }] });
const calls = (name: string, body: string | readonly string[], made: readonly ToolCall[] = [CALL]): Oddity =>
  good(name, stream(...(typeof body === 'string' ? [body] : body)), {
    text: '',
    finish: 'tools',
    calls: made,
  });

const FIRST = { index: 0, id: 'c1', type: 'function' };
const NAME = { name: 'weather', arguments: '' };
const WHOLE = { name: 'weather', arguments: '{"city":"Rome"}' };
const MESSAGE = { role: 'assistant', content: null, tool_calls: [{ ...FIRST, function: WHOLE }] };

export const CALLS: readonly Oddity[] = [
  calls('in pieces', [
    piece(FIRST, NAME),
    ...['{"ci', 'ty":"Ro', 'me"}'].map((args) => piece({ index: 0 }, { arguments: args })),
    END + DONE,
  ]),
  calls('in one piece', piece(FIRST, WHOLE) + END + DONE),
  calls('`stop` as the finish reason', piece(FIRST, WHOLE) + STOP + DONE),
  calls('`tool_use` as the finish reason', piece(FIRST, WHOLE) + chunk({}, 'tool_use') + DONE),
  calls('no finish reason', piece(FIRST, WHOLE) + DONE),
  calls('no index', [
    piece({ id: 'c1' }, NAME),
    piece({}, { arguments: '{"city":' }),
    piece({}, { arguments: '"Rome"}' }) + END + DONE,
  ]),
  calls('no index, two calls', piece({ id: 'c1' }, WHOLE) + piece({ id: 'c2' }, oslo()) + END + DONE, [
    CALL,
    OSLO,
  ]),
  calls('an index as text', piece({ ...FIRST, index: '0' }, WHOLE) + END + DONE),
  calls('arguments as an object', piece(FIRST, { name: 'weather', arguments: ROME }) + END + DONE),
  calls(
    'arguments encoded twice',
    piece(FIRST, { name: 'weather', arguments: JSON.stringify(WHOLE.arguments) }) + END + DONE,
  ),
  calls('arguments once more at the end', [
    piece(FIRST, NAME) + piece({ index: 0 }, { arguments: WHOLE.arguments }),
    piece(FIRST, WHOLE) + END + DONE,
  ]),
  calls('name and id in every piece', [
    piece(FIRST, { name: 'weather', arguments: '{"city":' }),
    piece(FIRST, { name: 'weather', arguments: '"Rome"}' }) + END + DONE,
  ]),
  calls('the name in every piece, an empty id after the first', [
    piece(FIRST, { name: 'weather', arguments: '{"city":' }),
    piece({ index: 0, id: '' }, { name: 'weather', arguments: '"Rome"}' }) + END + DONE,
  ]),
  calls('the name in every piece, no index', [
    piece({ id: 'c1' }, { name: 'weather', arguments: '{"city":' }),
    piece({}, { name: 'weather', arguments: '"Rome"}' }) + END + DONE,
  ]),
  calls(
    'two calls interleaved',
    [
      piece(FIRST, NAME) + piece({ index: 1, id: 'c2' }, NAME),
      piece({ index: 1 }, { arguments: '{"city":' }) + piece({ index: 0 }, { arguments: '{"city":' }),
      piece({ index: 0 }, { arguments: '"Rome"}' }) + piece({ index: 1 }, { arguments: '"Oslo"}' }),
      END + DONE,
    ],
    [CALL, OSLO],
  ),
  calls(
    'two calls with one index',
    piece(FIRST, WHOLE) + piece({ ...FIRST, id: 'c2' }, oslo()) + END + DONE,
    [CALL, OSLO],
  ),
  calls(
    'two calls in one chunk',
    [
      chunk({
        tool_calls: [
          { ...FIRST, function: WHOLE },
          { index: 1, id: 'c2', function: oslo() },
        ],
      }),
      END + DONE,
    ],
    [CALL, OSLO],
  ),
  calls('no id', piece({ index: 0 }, WHOLE) + END + DONE, [{ ...CALL, id: 'call00000' }]),
  calls('two calls without ids', piece({}, WHOLE) + piece({}, oslo()) + END + DONE, [
    { ...CALL, id: 'call00000' },
    { ...OSLO, id: 'call00001' },
  ]),
  calls('an id as a number', piece({ index: 0, id: 7 }, WHOLE) + END + DONE, [{ ...CALL, id: '7' }]),
  calls('no arguments', piece(FIRST, { name: 'weather' }) + END + DONE, [{ ...CALL, input: {} }]),
  calls('empty arguments', piece(FIRST, NAME) + END + DONE, [{ ...CALL, input: {} }]),
  ...['{"city": "Ro', '[1]', 'Rome', '"Rome"'].map((args) =>
    calls(
      `arguments that are no JSON object: ${args}`,
      piece(FIRST, { name: 'weather', arguments: args }) + END + DONE,
      [{ ...CALL, input: {}, malformed: args }],
    ),
  ),
  good('with text', stream(HELLO, piece(FIRST, WHOLE), END, DONE), { finish: 'tools', calls: [CALL] }),
  calls(
    'as before there were several',
    [
      chunk({ function_call: NAME }),
      chunk({ function_call: { arguments: WHOLE.arguments } }) + chunk({}, 'function_call') + DONE,
    ],
    [{ ...CALL, id: 'call00000' }],
  ),
  good(
    'a whole answer that is not streamed',
    json({ choices: [{ index: 0, message: MESSAGE, finish_reason: 'tool_calls' }] }),
    { text: '', finish: 'tools', calls: [CALL] },
  ),
  calls(
    'the whole message once more at the end',
    piece(FIRST, WHOLE) + data({ choices: [{ index: 0, message: MESSAGE, finish_reason: 'stop' }] }) + DONE,
  ),
  good('a call without a name', stream(say('Hello'), piece(FIRST, { arguments: '{}' }), END, DONE), {
    finish: 'tools',
  }),
  {
    name: 'endless arguments',
    sent: stream(
      piece(FIRST, NAME),
      ...Array<string>(9).fill(piece({ index: 0 }, { arguments: 'x'.repeat(16_384) })),
    ),
    fails: final('agent_output_too_large'),
  },
  ...[
    [400, 'registry.ollama.ai/library/x does not support tools'],
    [404, 'No endpoints found that support tool use'],
    [400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
  ].map(([status, message]) => ({
    name: `${status}: ${message}`,
    sent: json({ error: { message } }, status as number),
    fails: final('agent_refused', /may not support tools/),
  })),
];

function oslo(): object {
  return { name: 'weather', arguments: '{"city":"Oslo"}' };
}
