/** How a body is framed: lines, documents, pages. */
import {
  JSON_HEADERS,
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

export const FRAMES: readonly Oddity[] = [
  good('CRLF', stream((HELLO + STOP + DONE).replaceAll('\n', '\r\n'))),
  good('CR', stream((HELLO + STOP + DONE).replaceAll('\n', '\r'))),
  good(
    'CRLF cut between its halves',
    stream('data: {"choices":[{"delta":{"content":"Hello"}}]}\r', '\n\r', '\n', STOP, DONE),
  ),
  good('a byte order mark', stream(`\ufeff${HELLO}`, STOP, DONE)),
  good('no space after the colon', stream((HELLO + STOP + DONE).replaceAll('data: ', 'data:'))),
  good('spaces before and around the field', stream((HELLO + STOP + DONE).replaceAll('data: ', '  data : '))),
  good('single line feeds between events', stream((HELLO + STOP + DONE).replaceAll('\n\n', '\n'))),
  good('no line feed at the very end', stream(HELLO, STOP, 'data: [DONE]')),
  good(
    'an event over several lines',
    stream(
      'data: {"choices": [\ndata: {"delta": {"content": "Hello"},\ndata: "finish_reason": "stop"}]}\n\n',
      DONE,
    ),
  ),
  good('JSON lines without a field', stream((HELLO + STOP).replaceAll('data: ', ''), '[DONE]\n')),
  good('a quoted end mark', stream(HELLO, data('"[DONE]"'))),
  good('named events', stream((HELLO + STOP + DONE).replaceAll('data: ', 'event: message\ndata: '))),
  good('every byte by itself', { body: [HELLO, STOP, DONE], byByte: true }),
  good(
    'characters cut between their bytes',
    { body: [say('Grüße 👋🏽', ' 你好'), STOP, DONE], byByte: true },
    { text: 'Grüße 👋🏽 你好' },
  ),
  good('another content type', { headers: { 'content-type': 'text/plain' }, body: [HELLO, STOP, DONE] }),
  good(
    'surrogate pairs cut between chunks',
    stream(chunk({ content: 'a\ud83d' }), chunk({ content: '\ude00' }), STOP, DONE),
    { text: 'a😀' },
  ),
  good(
    'half of a surrogate pair',
    stream(chunk({ content: 'a\ud83d' }), chunk({ content: 'b' }), STOP, DONE),
    { text: 'a\ufffdb' },
  ),
];

const WHOLE = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: USAGE,
};
export const DOCUMENTS: readonly Oddity[] = [
  good('a whole answer that is not streamed', json(WHOLE), { usage: COUNTED }),
  good(
    'the same, indented',
    { headers: JSON_HEADERS, body: [JSON.stringify(WHOLE, null, 2)] },
    { usage: COUNTED },
  ),
  good('the same, called a stream', stream(JSON.stringify(WHOLE)), { usage: COUNTED }),
  good('the same, without a finish reason', json({ choices: [{ message: { content: 'Hello' } }] })),
  {
    name: 'an error with status 200',
    sent: json({ error: { message: 'x', code: 401 } }),
    text: '',
    fails: final('agent_refused', 'HTTP 401'),
  },
  {
    name: 'an error with status 200, in a list',
    sent: json([{ error: { message: 'x', code: 503 } }]),
    text: '',
    fails: failing('agent_failed', 'HTTP 503'),
  },
  {
    name: 'an error with status 200, a word as its code',
    sent: json({ error: { message: 'x', code: 'invalid_api_key' } }),
    text: '',
    fails: final('agent_refused', /invalid_api_key.*Check the API key/),
  },
  {
    name: 'an error as text with status 200',
    sent: json({ error: 'model overloaded' }),
    text: '',
    fails: failing('agent_failed'),
  },
  {
    name: 'an error object with status 200',
    sent: json({ object: 'error', message: 'x', type: 'NotFoundError', code: 404 }),
    text: '',
    fails: final('agent_refused', 'HTTP 404'),
  },
  {
    name: 'a page with status 200',
    sent: { headers: { 'content-type': 'text/html' }, body: ['<!DOCTYPE html><title>Log in</title>'] },
    text: '',
    fails: final(
      'agent_unreachable',
      /^What answers at the address of the model is not a model endpoint\. [^:]+$/,
    ),
  },
  { name: 'a page called a stream', sent: stream('\n<html>'), text: '', fails: final('agent_unreachable') },
  {
    name: 'a redirect to a page',
    sent: { status: 302, headers: { location: '/login?next=secret' }, body: [] },
    text: '',
    fails: final('agent_unreachable', /^The address of the model redirects to another one\. [^:]+$/),
  },
  { name: 'some other API', sent: json({ status: 'ok' }), text: '', fails: final('agent_unreachable') },
  {
    name: 'plain text',
    sent: { headers: { 'content-type': 'text/plain' }, body: ['Ollama is running'] },
    text: '',
    fails: final('agent_unreachable'),
  },
];
