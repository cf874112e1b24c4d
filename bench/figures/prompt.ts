/** What an agent is shown in a session of 5,000 messages: how long a worker takes that knows the session, and one that does not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Conversations } from '../../activities/conversation/index.ts';
import { createSqliteArchive } from '../../src/archive/index.ts';
import {
  eventId,
  LIMITS,
  START,
  type EventDraft,
  type LoggedEvent,
  type SessionInfo,
} from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog, recoverLog, type SessionSource } from '../../src/log/index.ts';
import { msSince, nowUs } from '../clock.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

const REF = { tenant: 'dev', session: 'prompt' };
const WARM_MS = 5;
/** Characters of a message, and of an answer. */
const CHARS = 200;
const ROUNDS = 20;
const INFO: SessionInfo = {
  team: { name: 'sequence' },
  agents: [{ name: 'a', runner: 'scripted' }],
  metadata: {},
  createdAt: 1,
};

export async function measurePrompt({ redisServer }: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const messages = short ? 500 : 5_000;
  const folder = await mkdtemp(join(tmpdir(), 'convoke-prompt-'));
  const archive = await createSqliteArchive(join(folder, 'archive.db'));
  const [commands, subscriber] = [connect(redisServer.url), connect(redisServer.url)];
  await Promise.all([commands.connect(), subscriber.connect()]);
  try {
    const events = session(messages);
    await archive.write(REF, INFO, events);
    const known = { epoch: 1, seq: events.length };
    const source: SessionSource = {
      known: async () => ({ info: INFO, known, archivedTo: events.length, events: [], pending: [] }),
      archived: archive.readTail.bind(archive),
      session: archive.session.bind(archive),
    };
    const log = createRedisLog({ commands, subscriber });
    await recoverLog(log, source, REF, START);
    const sees = {
      ...{ turn: `t${messages}`, causes: [`m${messages}`], steps: [], budgetChars: LIMITS.contextChars },
    };
    const cold: number[] = [];
    const warm: number[] = [];
    for (let count = 0; count < ROUNDS; count += 1) {
      const conversations = new Conversations({ log, source });
      const begun = await log.read(REF, { limit: 0 });
      if (!begun) throw new Error('the log is gone');
      conversations.learn(REF, { position: begun.position, info: INFO, fresh: [] });
      cold.push(await took(() => conversations.show(REF, sees)));
      warm.push(await took(() => conversations.show(REF, sees)));
    }
    const value = median(warm);
    const about = `in a session of ${messages} messages`;
    return [
      {
        ...{ name: 'promptWarm', title: `what an agent is shown ${about}, known to the worker, ms` },
        ...{ value, bare: null, ratio: null, goal: `≤ ${WARM_MS} ms`, ok: value <= WARM_MS },
      },
      stated('promptCold', 'the same, not known to the worker, ms', median(cold)),
    ];
  } finally {
    commands.disconnect();
    subscriber.disconnect();
    await archive.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function connect(url: string) {
  return connectRedis(url, () => undefined);
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const start = nowUs();
  await work();
  return msSince(start);
}

/** Each message has a turn with one answer; the last turn has only started. */
function session(messages: number): readonly LoggedEvent[] {
  const text = 'word '.repeat(CHARS / 5);
  const drafts: EventDraft[] = [];
  for (let number = 1; number <= messages; number += 1) {
    const [turn, messageId, at] = [`t${number}`, `m${number}`, number];
    const place = { turn, at, cause: messageId };
    const parts = [{ type: 'text' as const, text }];
    drafts.push(
      {
        ...{ id: eventId.message(messageId), type: 'message.accepted' as const, ...place },
        data: { messageId, parts, queued: false },
      },
      {
        ...{ id: eventId.turnStarted(turn), type: 'turn.started' as const, ...place },
        data: { messageIds: [messageId] },
      },
    );
    if (number === messages) break;
    const step = `${turn}.1`;
    drafts.push(
      {
        ...{ id: eventId.stepEnded(step), type: 'step.completed' as const, ...place, step, agent: 'a' },
        data: { text },
      },
      { id: eventId.turnEnded(turn), type: 'turn.completed' as const, ...place, data: {} },
    );
  }
  return drafts.map((draft, index) => ({ ...draft, seq: index + 1 }));
}
