/**
 * The S3 server that the tests of files run against: Versity's S3 gateway in front of a folder (https://github.com/versity/versitygw). Built once
 * with Go, in about a minute. Nothing but the tests needs it.
 *
 *     node scripts/s3-server.mjs
 */
import { goProgram } from './go-program.mjs';

const PACKAGE = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

goProgram({
  ...{ name: 'versitygw', what: 'an S3 server' },
  commands: [(GOBIN) => ({ args: ['install', '-ldflags', '-s -w', PACKAGE], env: { GOBIN } })],
});
