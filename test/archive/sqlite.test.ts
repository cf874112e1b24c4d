/** The archive on SQLite: the suite, and what only a file shared by processes has. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSqliteArchive, openArchive, sealArchive } from '../../src/archive/index.ts';
import type { SharedArchive } from '../../src/archive/index.ts';
import { Keyring } from '../../src/seal/index.ts';
import { archiveSuite } from '../conformance/archive.suite.ts';
import { eventually } from '../support/process.ts';
import { eventAt, eventsAt, INFO } from './events.ts';

const REF = { tenant: 'acme', session: 'one' };
const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'convoke-archive-'));

archiveSuite('SQLite', async () => {
  const folder = await makeFolder();
  const opened: SharedArchive[] = [];
  const open = async (): Promise<SharedArchive> => {
    const archive = await createSqliteArchive(join(folder, 'made', 'on', 'demand', 'archive.db'));
    opened.push(archive);
    return archive;
  };
  return {
    archive: await open(),
    reopen: open,
    cleanup: async () => {
      await Promise.all(opened.map((archive) => archive.close()));
      await rm(folder, { recursive: true });
    },
  };
});

archiveSuite('SQLite, sealed', async () => {
  const folder = await makeFolder();
  const opened: SharedArchive[] = [];
  const masters = [{ id: 'master', secret: randomBytes(32) }];
  const open = async (): Promise<SharedArchive> => {
    const archive = await createSqliteArchive(join(folder, 'archive.db'));
    opened.push(archive);
    return sealArchive(archive, new Keyring(archive.database, masters));
  };
  return {
    archive: await open(),
    reopen: open,
    cleanup: async () => {
      await Promise.all(opened.map((archive) => archive.close()));
      await rm(folder, { recursive: true });
    },
  };
});

/** How often this process has the file open. */
function openedTimes(file: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return null; // It was closed meanwhile.
    }
  });
  return targets.filter((target) => target === file).length;
}

test('a new file that somebody writes to is waited for', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'archive.db');
  const writer = new DatabaseSync(file);
  writer.exec('BEGIN IMMEDIATE');
  const opening = createSqliteArchive(file);
  const outcome = opening.then(
    (archive) => archive.close(),
    (error: unknown) => error,
  );
  await eventually('it is being opened', () => openedTimes(file) > 1);
  writer.exec('COMMIT');
  writer.close();
  expect(await outcome).toBeUndefined();
  await rm(folder, { recursive: true });
});

describe('sealed rows', () => {
  test('hold nothing of what was said, beside rows from before that stay readable', async () => {
    const folder = await makeFolder();
    const file = join(folder, 'archive.db');
    const plain = await openArchive(`sqlite:${file}`);
    await plain.write(REF, INFO, eventsAt(1, 2));
    const seal = new Keyring(plain.database, [{ id: 'master', secret: randomBytes(32) }]);
    const sealed = sealArchive(plain, seal);
    const last = eventAt(3);
    await sealed.write(REF, INFO, [last]);
    expect(await sealed.read(REF, 0, 10)).toEqual([...eventsAt(1, 2), last]);
    expect(await sealed.find(REF, last.id, 3)).toEqual([last]);
    expect(await sealed.find(REF, eventAt(1).id, 3)).toContainEqual(eventAt(1));
    const db = new DatabaseSync(file);
    const row = db.prepare('SELECT body FROM convoke_event WHERE seq = 3').get();
    expect(Object.keys(JSON.parse(String(row?.['body'])) as object)).toEqual(['seq', 'sealed']);
    // A row is not to be taken for another one.
    db.exec(`UPDATE convoke_event SET body = (
      SELECT replace(body, '"seq":3', '"seq":2') FROM convoke_event WHERE seq = 3
    ) WHERE seq = 2`);
    db.close();
    await expect(sealed.read(REF, 1, 1)).rejects.toMatchObject({ code: 'seal_broken' });
    // A process without keys does not take what is sealed for something else.
    await expect(sealArchive(plain, null).read(REF, 2, 1)).rejects.toMatchObject({
      code: 'seal_key_missing',
    });
    expect(await sealArchive(plain, null).read(REF, 0, 1)).toEqual(eventsAt(1, 1));
    await plain.close();
    await rm(folder, { recursive: true });
  });
});

describe('a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is shared by processes that start, write the same events and stop at the same time', async () => {
    const file = join(folder, 'shared.db');
    const sources = ['../../src/archive/sqlite.ts', './events.ts'].map(
      (path) => new URL(path, import.meta.url).href,
    );
    const program = `
      const [{ createSqliteArchive }, { eventsAt, INFO }] = await Promise.all(${JSON.stringify(sources)}.map((url) => import(url)));
      const archive = await createSqliteArchive(${JSON.stringify(file)});
      for (let from = 1; from <= 191; from += 10) await archive.write(${JSON.stringify(REF)}, INFO, eventsAt(from, from + 9));
      await archive.close();
    `;
    const run = () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env: {} });
    await Promise.all(Array.from({ length: 4 }, run));
    const archive = await createSqliteArchive(file);
    expect(await archive.read(REF, 0, 1_000)).toEqual(eventsAt(1, 200));
    await archive.close();
  });

  test('is called by another thread once its own has died', async () => {
    const source = new URL('../../src/archive/sqlite.ts', import.meta.url).href;
    const program = `
      const threads = [];
      process.on('worker', (thread) => threads.push(thread));
      // A thread that owes no answer keeps no process alive, not even while it is ended.
      const alive = setInterval(() => undefined, 1_000);
      const { createSqliteArchive } = await import(${JSON.stringify(source)});
      const archive = await createSqliteArchive(${JSON.stringify(join(folder, 'outlived.db'))});
      const [ref, info] = ${JSON.stringify([REF, INFO])};
      const asked = archive.session(ref).catch((error) => error.message);
      await threads[0].terminate();
      const said = [typeof await asked];
      await archive.write(ref, info, ${JSON.stringify(eventsAt(1, 2))});
      said.push((await archive.read(ref, 0, 10)).length, threads.length);
      await archive.close();
      said.push(await archive.session(ref).catch((error) => error.message), threads.length);
      console.log(JSON.stringify(said));
      clearInterval(alive);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
    ]);
    expect(JSON.parse(stdout)).toEqual([expect.any(String), 2, 2, 'the archive is closed', 2]);
  });

  test('that another process holds locked keeps those waiting who write to it, and nobody else', async () => {
    const file = join(folder, 'locked.db');
    const archive = await createSqliteArchive(file);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const settled: string[] = [];
    const writes = [1, 2].map((seq) =>
      archive
        .write(REF, INFO, [eventAt(seq)])
        .then(() => 'written', String)
        .then((how) => settled.push(how)),
    );
    let rounds = 0;
    await eventually('the event loop goes on', () => ++rounds === 20);
    expect(settled).toEqual([]);
    await Promise.all(writes);
    expect(settled).toEqual(['Error: database is locked', 'Error: the archive is busy']);
    other.exec('COMMIT');
    other.close();
    await archive.write(REF, INFO, [eventAt(1)]);
    expect(await archive.read(REF, 0, 10)).toEqual([eventAt(1)]);
    await archive.close();
  });

  test('holds nothing of what was said in an erased session, in its free pages or its write-ahead log', async () => {
    const file = join(folder, 'erased.db');
    const [archive, another] = [await createSqliteArchive(file), await createSqliteArchive(file)];
    const inFiles = async (): Promise<boolean> => {
      const names = (await readdir(folder)).filter((name) => name.startsWith('erased.db'));
      const all = await Promise.all(names.map((name) => readFile(join(folder, name))));
      return all.some((content) => content.includes('the-heron'));
    };
    // Short texts, and one that takes pages of its own.
    const said = [...eventsAt(1, 40, 'the-heron'), eventAt(41, `the-heron${'x'.repeat(20_000)}`)];
    await archive.write(REF, { ...INFO, metadata: { about: 'the-heron' } }, said);
    await archive.write({ ...REF, session: 'two' }, INFO, eventsAt(1, 40));
    expect(await inFiles()).toBe(true);
    await another.erase(REF);
    expect(await inFiles()).toBe(false);
    expect(await archive.read({ ...REF, session: 'two' }, 0, 50)).toHaveLength(40);
    await Promise.all([archive.close(), another.close()]);
  });

  test('that is no database is refused with a reason, and left as it is', async () => {
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'These are not the rows you are looking for. '.repeat(100));
    await expect(createSqliteArchive(file)).rejects.toThrow('not a database');
  });
});

describe('openArchive', () => {
  test('opens the file of an absolute path', async () => {
    const folder = await makeFolder();
    const archive = await openArchive(`sqlite://${folder}/a%20b.db`);
    await archive.write(REF, INFO, [eventAt(1)]);
    await archive.close();
    const again = await createSqliteArchive(join(folder, 'a%20b.db'));
    expect(await again.read(REF, 0, 10)).toEqual([eventAt(1)]);
    await again.close();
    await rm(folder, { recursive: true });
  });

  test('names every error, and keeps nothing of its cause but the sentence', async () => {
    const archive = await openArchive('sqlite::memory:');
    const wrong = { ...eventAt(1), seq: 0 };
    for (const call of [
      () => archive.write(REF, INFO, [wrong]),
      async () => {
        await archive.close();
        return archive.read(REF, 0, 1);
      },
      () => archive.readTail(REF, 1, 1),
      () => archive.session(REF),
    ]) {
      const error = (await call().catch((refused: unknown) => refused)) as Error;
      expect(error).toMatchObject({ code: 'archive_unavailable', retryAfterMs: expect.any(Number) });
      expect(Object.keys(error.cause as Error)).toEqual([]);
      expect((error.cause as Error).message).not.toBe('');
    }
  });

  test('keeps :memory: in the process', async () => {
    const archive = await openArchive('sqlite::memory:');
    await archive.write(REF, INFO, [eventAt(1)]);
    expect(await archive.session(REF)).toEqual({ info: INFO, lastSeq: 1 });
    await archive.close();
  });

  test.each([
    ['mysql://root:secret@db/convoke', 'unknown scheme "mysql"'],
    ['archive.db', 'has no scheme'],
    ['', 'has no scheme'],
    ['sqlite:', 'names no file'],
    ['sqlite://host/archive.db', 'names no file'],
  ])('refuses %j and says what would do', async (url, reason) => {
    const error: unknown = await openArchive(url).catch((refused: unknown) => refused);
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain('sqlite:///absolute/path.db');
    expect(String(error)).not.toContain('secret');
  });
});
