/** Chooses the store by the URL's scheme. */
import type { FileStore } from './store.ts';
import { createFolderStore } from './folder.ts';

const FORMS = 'folder:relative/path, folder:///absolute/path or s3://bucket/prefix?region=…&endpoint=…';

/** Credentials of an S3 server. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export type FilePlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly prefix: string;
      readonly region?: string;
      readonly endpoint?: string;
    };

/** Throws a sentence about a URL of another form, without its text. */
export function placeOf(url: string): FilePlace {
  if (url.startsWith('folder:')) {
    const rest = url.slice('folder:'.length);
    const folder = rest.startsWith('///') ? rest.slice(2) : rest;
    if (folder === '' || folder.startsWith('//')) throw new Error(`it names no folder; use ${FORMS}.`);
    return { kind: 'folder', folder };
  }
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 's3:' || parsed.hostname === '')
    throw new Error(`it has another form; use ${FORMS}.`);
  const [region, endpoint] = ['region', 'endpoint'].map((name) => parsed.searchParams.get(name) ?? undefined);
  const others = [...parsed.searchParams.keys()].filter((name) => name !== 'region' && name !== 'endpoint');
  if (others.length > 0) throw new Error(`it has the unknown parameter ${others.join(', ')}; use ${FORMS}.`);
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw new Error('its endpoint must be an http or https URL.');
  const prefix = parsed.pathname.replace(/^\/+|\/+$/g, '');
  return {
    kind: 's3',
    bucket: parsed.hostname,
    prefix,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Who has a folder loads nothing of S3. */
export async function openStore(place: FilePlace, credentials?: S3Credentials): Promise<FileStore> {
  if (place.kind === 'folder') return createFolderStore(place.folder);
  if (!credentials) throw new Error('S3 needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  const { createS3Store } = await import('./s3.ts');
  return createS3Store(place, credentials);
}
