/** A real S3 server for tests (`node scripts/s3-server.mjs` gets it): an empty bucket in a temporary folder, on a free port, gone afterwards. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, findOnPath, isProgram } from '../../src/cli/setup/programs.ts';
import type { FilePlace, S3Credentials } from '../../src/files/index.ts';
import { freePort } from './ports.ts';
import { eventually, startProcess } from './process.ts';

export interface TestS3 {
  /** `s3://…`, as `CONVOKE_FILES_URL` takes it. */
  readonly url: string;
  readonly place: Extract<FilePlace, { kind: 's3' }>;
  readonly credentials: S3Credentials;
  /** The same, for a process. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the server keeps what is in the bucket. */
  readonly folder: string;
  stop(): Promise<void>;
}

function findServer(): string {
  const cached = join(cacheFolder(), 'versitygw');
  const found = findOnPath(['versitygw']) ?? (isProgram(cached) ? cached : null);
  if (found === null) throw new Error('There is no S3 server to test against: node scripts/s3-server.mjs');
  return found;
}

export async function startS3(): Promise<TestS3> {
  const program = findServer();
  const root = await mkdtemp(join(tmpdir(), 'convoke-s3-'));
  // Attributes in a folder beside it: not every file system has its own.
  const [data, attributes, folder] = [
    join(root, 'data'),
    join(root, 'attributes'),
    join(root, 'data', 'files'),
  ];
  await Promise.all([mkdir(folder, { recursive: true }), mkdir(attributes)]);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const [accessKeyId, secretAccessKey] = ['convoke', 'convoke-secret'];
  const flags = [
    '--access',
    accessKeyId,
    '--secret',
    secretAccessKey,
    '--port',
    `127.0.0.1:${port}`,
    '--health',
    '/health',
  ];
  const server = startProcess(program, [...flags, 'posix', '--sidecar', attributes, data]);
  await eventually('the S3 server is ready', () =>
    fetch(`${endpoint}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url: `s3://files/some/prefix?endpoint=${encodeURIComponent(endpoint)}`,
    place: { kind: 's3', bucket: 'files', prefix: 'some/prefix', endpoint },
    credentials: { accessKeyId, secretAccessKey },
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    folder,
    async stop() {
      await server.end('SIGKILL');
      await rm(root, { recursive: true, force: true });
    },
  };
}
