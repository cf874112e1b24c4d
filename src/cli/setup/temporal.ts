/**
 * The Temporal CLI, which contains the development server: found, downloaded or built. It is pinned to the version that Convoke is tested with,
 * the last one that `go install` accepts.
 */
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../failure.ts';
import { cacheFolder, findOnPath, isProgram, run } from './programs.ts';
import type { Environment } from '../environment.ts';
import type { Progress } from './programs.ts';

const VERSION = '1.5.1';
const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
/** What is compiled for this version, with the packages of Go itself: `go list -deps`, Go 1.26, on an empty cache. */
const GO_PACKAGES = 1_298;
/** A reachable server answers within this time; behind a firewall none does. */
const CONNECT_MS = 8_000;
const DOWNLOAD_MS = 300_000;
const UNPACK_MS = 60_000;
const BUILD_MS = 1_800_000;
/** A module proxy fails now and then; what has come is there for the next try. */
const BUILDS = 3;

/** The command that installs it. */
export const TEMPORAL_FIX = 'npx convoke setup';

/** The program, if it is installed. */
export function findTemporal(env: Environment = process.env): string | null {
  const cached = join(cacheFolder(env), 'temporal');
  return findOnPath(['temporal'], env) ?? (isProgram(cached) ? cached : null);
}

/** Finds the URL of a download. */
type Source = () => Promise<string>;

/** The program; installs it if it is missing. Throws `temporal_missing`. */
export async function obtainTemporal(
  progress: Progress,
  env: Environment = process.env,
  sources: readonly Source[] = officialSources(),
): Promise<string> {
  const found = findTemporal(env);
  if (found) return found;
  const folder = cacheFolder(env);
  await mkdir(folder, { recursive: true });
  if (await download(sources, folder, progress)) return join(folder, 'temporal');
  if (await build(folder, progress, env)) return join(folder, 'temporal');
  throw new CliError(
    'temporal_missing',
    'The Temporal CLI is not installed, its download cannot be reached, and there is no Go to build it. ' +
      'Install it (https://docs.temporal.io/cli), or Go (https://go.dev/dl) and run "npx convoke setup", ' +
      'or set TEMPORAL_ADDRESS to a running server.',
  );
}

/** Downloads of this version: Temporal's own service, and GitHub. */
function officialSources(): readonly Source[] {
  const { platform } = process;
  const arch = ({ x64: 'amd64', arm64: 'arm64' } as Record<string, string | undefined>)[process.arch];
  if (!arch || (platform !== 'linux' && platform !== 'darwin')) return [];
  const query = new URLSearchParams({ arch, platform, format: 'tar.gz' }).toString();
  return [
    async () => {
      const response = await fetch(`https://temporal.download/temporal-cli/v${VERSION}?${query}`, {
        signal: AbortSignal.timeout(CONNECT_MS),
      });
      const { archiveUrl } = (await response.json()) as { archiveUrl?: unknown };
      if (typeof archiveUrl !== 'string') throw new TypeError('no archive');
      return archiveUrl;
    },
    async () =>
      `https://github.com/temporalio/cli/releases/download/v${VERSION}/temporal_cli_${VERSION}_${platform}_${arch}.tar.gz`,
  ];
}

async function download(sources: readonly Source[], folder: string, progress: Progress): Promise<boolean> {
  for (const source of sources) {
    progress('looking for the official download');
    const work = await mkdtemp(join(folder, 'download-'));
    try {
      await fetchFile(await source(), join(work, 'archive.tar.gz'), progress);
      const { ok } = await run('tar', ['-xzf', join(work, 'archive.tar.gz'), '-C', work, 'temporal'], {
        timeoutMs: UNPACK_MS,
      });
      if (ok) return await install(join(work, 'temporal'), folder);
    } catch {
      // Try the next source, then building.
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return false;
}

/** Throws if the server does not answer in time, or not with the file. */
async function fetchFile(url: string, file: string, progress: Progress): Promise<void> {
  const stop = new AbortController();
  const connecting = setTimeout(() => stop.abort(), CONNECT_MS);
  const response = await fetch(url, {
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(DOWNLOAD_MS)]),
  }).finally(() => clearTimeout(connecting));
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  const total = Number(response.headers.get('content-length') ?? 0);
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        const share = total > 0 ? ` (${Math.floor((100 * bytes) / total)} %)` : '';
        progress(`downloading ${(bytes / 1e6).toFixed(0)} MB${share}`);
        controller.enqueue(chunk);
      },
    }),
  );
  await writeFile(file, counted);
}

async function build(folder: string, progress: Progress, env: Environment): Promise<boolean> {
  const go = findOnPath(['go'], env) ?? (isProgram('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : null);
  if (!go) return false;
  progress('no download: building it with Go, about 5 minutes, once');
  const work = await mkdtemp(join(folder, 'build-'));
  const args = ['install', '-v', '-ldflags', '-s -w', `${GO_PACKAGE}@v${VERSION}`];
  const line = buildProgress((done) => progress(`building with Go: ${done}`));
  try {
    for (let tried = 1; tried <= BUILDS; tried += 1) {
      const { ok, output } = await run(go, args, { env: { GOBIN: work }, timeoutMs: BUILD_MS, line });
      if (ok) return await install(join(work, 'temporal'), folder);
      progress(`the build failed: ${output.trim().split('\n').at(-1) ?? ''}`);
    }
    return false;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Reads how far a build is from what `go install -v` says: modules as it fetches them, packages as it compiles them. */
function buildProgress(tell: Progress): (line: string) => void {
  let modules = 0;
  let packages = 0;
  return (line) => {
    if (line.startsWith('go: downloading ')) tell(`sources, module ${(modules += 1)}`);
    else if (line === GO_PACKAGE) tell('linking, the last step');
    else if (/^[\w.~/-]+$/.test(line)) {
      packages += 1;
      const share = Math.min(99, Math.floor((100 * packages) / GO_PACKAGES));
      tell(`${share} %, ${packages} of about ${GO_PACKAGES} packages`);
    }
  };
}

/** Installs atomically: others see no program or a complete one. False if it does not run here. */
async function install(file: string, folder: string): Promise<boolean> {
  await chmod(file, 0o755);
  const { ok } = await run(file, ['--version'], { timeoutMs: UNPACK_MS });
  if (ok) await rename(file, join(folder, 'temporal'));
  return ok;
}

/** A command of Temporal's CLI for the server at this address, as it is typed here: the CLI may be where `convoke setup` has put it. */
export function forServer(command: string, address: string, env: Environment): string {
  const program = findTemporal(env) ?? 'temporal';
  return command
    .replaceAll(/(^|&& )temporal /g, (_, before: string) => `${before}${program} `)
    .replaceAll(' --namespace ', ` --address ${address} --namespace `);
}
