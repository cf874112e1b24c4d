/**
 * The S3 server that the tests of files run against: Versity's S3 gateway in front of a folder (https://github.com/versity/versitygw). Built once
 * with Go, into the folder where `convoke setup` keeps its programs. Nothing but the tests needs it.
 *
 *     node scripts/s3-server.mjs
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
const GO = ['go', '/usr/local/go/bin/go'];

const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'convoke', 'bin');
const program = join(folder, 'versitygw');

function build() {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'build-'));
  try {
    for (const go of GO) {
      const options = {
        env: { ...process.env, GOBIN: work },
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
      };
      const { status, error, stderr } = spawnSync(go, ['install', '-ldflags', '-s -w', PACKAGE], options);
      if (error) continue;
      if (status === 0) {
        // Others see no program or a complete one.
        renameSync(join(work, 'versitygw'), program);
        return null;
      }
      return `Go could not build it: ${stderr.trim().split('\n').at(-1)}`;
    }
    return 'It is built with Go: install that (https://go.dev/dl).';
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (!existsSync(program)) console.log('  Building an S3 server with Go, about a minute, once …');
const fault = existsSync(program) ? null : build();
console.log(fault === null ? `  ${program}` : `  ${fault}`);
process.exit(fault === null ? 0 : 1);
