/** Part of `log.suite.ts`: followers. */
import { expect, test } from '@jest/globals';
import type { LogListener } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';
import {
  beginning,
  cancelled,
  create,
  created,
  INFO,
  logged,
  message,
  of,
  STEP,
  stepStarted,
} from '../log/drafts.ts';
import type { LogSubject } from './log.suite.ts';

/** A listener that writes down what it hears. */
export function recorder(): { readonly heard: unknown[]; readonly listener: LogListener } {
  const heard: unknown[] = [];
  const listener: LogListener = {
    event: (epoch, event) => heard.push(['event', epoch, event]),
    delta: (epoch, delta) => heard.push(['delta', epoch, delta]),
    epoch: (epoch) => heard.push(['epoch', epoch]),
    note: (note) => heard.push(['note', note]),
    reconnected: () => heard.push(['reconnected']),
  };
  return { heard, listener };
}

export function hearingSuite(subject: LogSubject): void {
  test('whoever has subscribed hears everything that is appended afterwards, in order', async () => {
    const ref = subject.fresh();
    const { heard, listener } = recorder();
    const stop = await subject.other.subscribe(ref, listener);
    const known = await create(subject.log, ref);
    const { epoch } = known;
    await subject.log.begin(ref, beginning(known));
    const text = ' two words,\n 👩 % \u0000 {"x":1}';
    await subject.log.delta(ref, { step: STEP, attempt: 1, offset: 0, text });
    await subject.log.delta(ref, { step: STEP, attempt: 1, offset: 0, text });
    const thought = { step: STEP, attempt: 1, offset: 0, text, part: 'reasoning' as const };
    await subject.log.delta(ref, thought);
    const again = of('begun', await subject.log.begin(ref, beginning(known, { owner: 'second' })));
    const end = of('ok', await subject.log.append(ref, { known, drafts: [cancelled(), created()] }));
    const last = await subject.log.rebuild(ref, {
      ...{ expected: end.position, epoch: 1, info: INFO, events: logged(1, 1) },
    });
    await eventually('it is heard', () => heard.length >= 7);
    expect(heard).toEqual([
      ['event', epoch, { ...created(), seq: 1 }],
      ['event', epoch, { ...stepStarted(), seq: 2 }],
      ['delta', epoch, { session: ref.session, step: STEP, attempt: 1, offset: 0, text }],
      ['delta', epoch, { session: ref.session, ...thought }],
      ['event', epoch, again.restarted],
      ['event', epoch, end.events[0]],
      ['epoch', last.epoch],
    ]);
    await stop();
  });

  test('nothing that is appended after subscribe has resolved is missed', async () => {
    for (let round = 0; round < 30; round += 1) {
      const ref = subject.fresh();
      const known = await create(subject.log, ref);
      const { heard, listener } = recorder();
      const stop = await subject.log.subscribe(ref, listener);
      await subject.other.append(ref, { known, drafts: [message('a')] });
      await eventually('it is heard', () => heard.length === 1);
      await stop();
    }
  });

  test('each listener hears its session until it stops, and no longer', async () => {
    const [mine, theirs] = [subject.fresh(), subject.fresh()];
    const known = await create(subject.log, mine);
    const [a, b, c] = [recorder(), recorder(), recorder()];
    const [stopA, stopB] = await Promise.all([
      subject.other.subscribe(mine, a.listener),
      subject.other.subscribe(mine, b.listener),
      subject.other.subscribe(theirs, c.listener),
    ]);
    await subject.log.append(mine, { known, drafts: [message('1')] });
    await eventually('it is heard', () => a.heard.length === 1 && b.heard.length === 1);
    await stopA();
    await stopA();
    await subject.log.append(mine, { known, drafts: [message('2')] });
    await eventually('it is heard', () => b.heard.length === 2);
    await stopB();
    const d = recorder();
    const [stopD] = await Promise.all([subject.other.subscribe(mine, d.listener), stopB()]);
    await subject.log.append(mine, { known, drafts: [message('3')] });
    await eventually('it is heard', () => d.heard.length === 1);
    expect([a.heard.length, b.heard.length, c.heard.length]).toEqual([1, 2, 0]);
    await stopD();
  });

  test('a note is told to those who hear the session then, in its place among the events, and is kept nowhere', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const { heard, listener } = recorder();
    const note = { kind: 'published', channel: 'c', data: { text: 'ü\n👩 \u0000' }, from: 'ana' } as const;
    await subject.log.tell(ref, note);
    const stop = await subject.other.subscribe(ref, listener);
    await subject.log.append(ref, { known, drafts: [message('a')] });
    await subject.log.tell(ref, note);
    await subject.log.append(ref, { known, drafts: [message('b')] });
    await eventually('it is heard', () => heard.length >= 3);
    expect(heard.map((each) => (each as unknown[])[0])).toEqual(['event', 'note', 'event']);
    expect(heard[1]).toEqual(['note', { session: ref.session, ...note }]);
    await stop();
    await subject.log.tell(ref, note);
    expect((await subject.log.read(ref, { after: 0, limit: 10 }))?.events).toHaveLength(3);
  });

  test('one listener given twice is two subscriptions', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const { heard, listener } = recorder();
    const [stop, stopToo] = await Promise.all([
      subject.other.subscribe(ref, listener),
      subject.other.subscribe(ref, listener),
    ]);
    await stop();
    await subject.log.append(ref, { known, drafts: [message('1')] });
    await eventually('it is heard', () => heard.length === 1);
    await stopToo();
  });
}
