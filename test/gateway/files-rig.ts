/** A gateway with a place for files: a folder, and a database of its own. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArchive } from '../../src/archive/index.ts';
import type { FileInfo, TenantLimits } from '../../src/contracts/index.ts';
import { createFiles, openStore } from '../../src/files/index.ts';
import type { Files } from '../../src/files/index.ts';
import { createAuthenticator } from '../../src/ingest/index.ts';
import { TOKENS } from './credentials.ts';
import { FakeCalls } from './fake-calls.ts';
import { intakeOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

/** Keeps the messages, too. */
class Calls extends FakeCalls {
  messages: unknown[] = [];

  override async send(...args: Parameters<FakeCalls['send']>): Promise<void> {
    await super.send(...args);
    this.messages.push(args[1]);
  }
}

interface Uploading {
  readonly name?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly session?: string;
}

export interface FilesRig extends Omit<Rig, 'calls'> {
  readonly calls: Calls;
  readonly files: Files;
  /** Of every tenant. */
  limits: TenantLimits;
  store(body: BodyInit, given?: Uploading): Promise<Response>;
  /** The same; throws unless it is stored. */
  stored(body: BodyInit, given?: Uploading): Promise<FileInfo>;
  read(file: string, headers?: Record<string, string>, method?: string): Promise<Response>;
  /** How many contents there are. */
  kept(): Promise<number>;
  stop(): Promise<void>;
}

/** The session `nobody` does not exist. */
export async function startFilesRig(): Promise<FilesRig> {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-gateway-files-'));
  const place = join(folder, 'files');
  const archive = await openArchive(`sqlite://${folder}/archive.db`);
  const limited: { limits: TenantLimits } = { limits: {} };
  const { database } = archive;
  const files = createFiles({
    ...{ database, store: await openStore({ kind: 'folder', folder: place }) },
    limitsOf: () => limited.limits,
    ancestorsOf: async () => [],
  });
  const calls = new Calls();
  const keys = new Map([['other', 'other']]);
  const rig = await startRig({
    tokens: TOKENS,
    files: { files, exists: async ({ session }) => session !== 'nobody' },
    intake: intakeOf(calls, {
      authenticator: createAuthenticator({ keys, devKey: true, tokens: TOKENS }),
      useFiles: files.use.bind(files),
    }),
  });
  const store: FilesRig['store'] = (
    body,
    { name = 'a.bin', type = 'application/octet-stream', headers = {}, session = 's' } = {},
  ) =>
    rig.call(`/v1/sessions/${session}/files?name=${encodeURIComponent(name)}`, {
      ...{ method: 'POST', body, headers: { 'content-type': type, ...headers } },
    });
  return Object.assign(limited, rig, {
    ...{ calls, files, store },
    async stored(...args: Parameters<typeof store>) {
      const response = await store(...args);
      if (response.status !== 201) throw new Error(await response.text());
      return (await response.json()) as FileInfo;
    },
    read: (file: string, headers: Record<string, string> = {}, method = 'GET') =>
      rig.call(`/v1/sessions/s/files/${file}`, { headers, method }),
    async kept() {
      const all = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
      return all.filter((each) => each.isFile()).length;
    },
    async stop() {
      await rig.gateway.drain();
      await archive.close();
      await rm(folder, { recursive: true });
    },
  });
}
