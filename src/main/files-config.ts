/** Where files are kept, from the environment. */
import { dirname, join } from 'node:path';
import { setting } from '../cli/environment.ts';
import type { Environment } from '../cli/environment.ts';
import { placeOf } from '../files/index.ts';
import type { FilePlace, S3Credentials } from '../files/index.ts';
import { ConfigError } from '../project/config-error.ts';

export interface FilesConfig {
  readonly place: FilePlace;
  /** Of an S3 server. */
  readonly credentials?: S3Credentials;
}

/**
 * An archive in a file is one machine's, and the folder `files` beside it is a place that all of its processes see. With a server each machine
 * would have a folder of its own, so there is no default. Throws `ConfigError`.
 */
export function filesConfigOf(env: Environment, archiveUrl: string): { readonly files?: FilesConfig } {
  const given = setting(env, 'CONVOKE_FILES_URL');
  const place = given === undefined ? placeBeside(archiveUrl) : placeIn(given);
  if (!place) return {};
  if (place.kind === 'folder') return { files: { place } };
  const region = place.region ?? setting(env, 'AWS_REGION') ?? setting(env, 'AWS_DEFAULT_REGION');
  return {
    files: {
      place: { ...place, ...(region === undefined ? {} : { region }) },
      credentials: credentialsOf(env),
    },
  };
}

function placeBeside(archiveUrl: string): FilePlace | undefined {
  // Of a URL that is wrong whoever opens it says what is.
  const file = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(archiveUrl)?.[1];
  return file === undefined ? undefined : { kind: 'folder', folder: join(dirname(file), 'files') };
}

function placeIn(url: string): FilePlace {
  try {
    return placeOf(url);
  } catch (error) {
    throw new ConfigError('CONVOKE_FILES_URL', (error as Error).message);
  }
}

function credentialsOf(env: Environment): S3Credentials {
  const [accessKeyId, secretAccessKey, sessionToken] = [
    setting(env, 'AWS_ACCESS_KEY_ID'),
    setting(env, 'AWS_SECRET_ACCESS_KEY'),
    setting(env, 'AWS_SESSION_TOKEN'),
  ];
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  throw new ConfigError(
    'CONVOKE_FILES_URL',
    'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, too (or …_FILE): roles of machines are not looked up.',
  );
}
