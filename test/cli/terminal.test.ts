import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { failureLine } from '../../src/cli/failure.ts';
import { Screen } from '../../src/cli/dev/screen.ts';
import { duration, harmless, painter, table, Transcript } from '../../src/cli/terminal.ts';
import type { Output } from '../../src/cli/terminal.ts';
import { ConvokeError } from '../../src/contracts/index.ts';

function sink(options: { isTTY?: boolean; columns?: number } = {}): Output & { text: () => string } {
  let text = '';
  return { ...options, write: (more: string) => void (text += more), text: () => text };
}

describe('output', () => {
  it('has colours on a terminal only, and not against the will of its reader', () => {
    expect(painter(sink({ isTTY: true }), {})('red', 'x')).toBe('\u001b[31mx\u001b[0m');
    expect(painter(sink({ isTTY: true }), { NO_COLOR: '1' })('red', 'x')).toBe('x');
    expect(painter(sink({ isTTY: true }), { TERM: 'dumb' })('red', 'x')).toBe('x');
    expect(painter(sink(), {})('red', 'x')).toBe('x');
  });

  it('lets nobody who speaks in a session control the terminal', () => {
    expect(harmless('a\u001b]0;title\u0007b\u009b2Jc\u202ed\te\nf\r')).toBe('a]0;titleb2Jcd\te\nf');
  });

  it('keeps words, durations and columns readable', () => {
    expect([duration(38.4), duration(1_250), duration(61_000)]).toEqual(['38 ms', '1.3 s', '1 min 1 s']);
    expect(
      table([
        ['A', 'B'],
        ['long', 'x'],
      ]),
    ).toBe('A     B\nlong  x\n');
  });
});

describe('a transcript', () => {
  it('names a speaker once, and again when somebody came between', () => {
    const out = sink();
    const transcript = new Transcript(out);
    for (const [speaker, text] of [
      ['ada', 'one '],
      ['ada', 'two'],
      ['bob', 'no'],
      ['ada', ' three'],
    ] as const) {
      transcript.say(speaker, text);
    }
    transcript.end();
    expect(out.text()).toBe('  ada          one two\n  bob          no\n  ada           three\n');
  });

  it('marks what a speaker thinks and what a tool is doing, also without colours', () => {
    const out = sink();
    const transcript = new Transcript(out);
    transcript.think('ada', 'let me ', 't1.1');
    transcript.think('ada', 'see', 't1.1');
    transcript.say('ada', 'Yes', 't1.1');
    transcript.think('search', 'page 2', 't1.2', 'progress');
    transcript.end();
    expect(out.text()).toBe(
      '  ada          (thinks) let me see\n  ada          Yes\n  search       (progress) page 2\n',
    );
    const coloured = sink({ isTTY: true, columns: 80 });
    new Transcript(coloured).think('ada', 'see');
    expect(coloured.text()).toContain('\u001b[2msee\u001b[0m');
  });

  it('breaks lines between words, at the text’s margin, however the words come', () => {
    const out = sink({ isTTY: true, columns: 40 });
    const transcript = new Transcript(out);
    for (const token of 'one two three four five six\nseven'.match(/\s*\S+/g) ?? [])
      transcript.say('ada', token);
    transcript.end();
    const lines = stripVTControlCharacters(out.text()).split('\n');
    expect(lines).toEqual([
      '  ada          one two three four five',
      '               six',
      '               seven',
      '',
    ]);
  });
});

describe('the screen of a start', () => {
  it('shows each step with its time, and a quiet one only if it speaks', async () => {
    const out = sink();
    const screen = new Screen(false, out);
    await screen.step('redis', async () => 6379, { detail: (port) => `port ${port}` });
    await screen.step('silent', async () => 1, { quiet: true });
    await screen.step('Temporal CLI', async (progress) => progress('downloading'), { quiet: true });
    await expect(screen.step('bad', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(out.text()).toMatch(
      /^ {2}✓ redis +\d+ ms {2}port 6379\n {2}… Temporal CLI: downloading\n {2}✓ Temporal CLI .*\n {2}✗ bad .*\n$/,
    );
  });

  it('writes objects for programs', async () => {
    const out = sink();
    const screen = new Screen(true, out);
    screen.line('for people');
    screen.news('worker-1', { what: 'ended', how: 'signal SIGKILL', againInMs: 100 });
    expect(JSON.parse(out.text())).toMatchObject({
      event: 'process-ended',
      name: 'worker-1',
      againInMs: 100,
    });
  });
});

describe('a failure', () => {
  it('is one line, without a stack', () => {
    expect(failureLine(new ConvokeError('too_large', 'It is\ntoo large.'), false)).toBe(
      'convoke: too_large: It is too large.',
    );
    expect(failureLine(new TypeError('odd'), true)).toBe(
      '{"error":{"code":"internal","message":"odd See the log of the gateway or the worker."}}',
    );
  });

  it('says what is wrong once, and where if that is not said already', () => {
    const errors = [
      { pointer: '/team', message: 'No such team.' },
      { pointer: '/agents/0', message: 'No such agent.' },
    ];
    expect(failureLine(new ConvokeError('unknown_team', 'No such team.', { errors }), false)).toBe(
      'convoke: unknown_team: No such team. /agents/0: No such agent.',
    );
  });
});
