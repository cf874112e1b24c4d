/** Files that a command sends. */
import { openAsBlob } from 'node:fs';
import { basename, extname } from 'node:path';
import { filesOf } from '../client/files.ts';
import type { FilePart } from '../contracts/index.ts';
import { CliError } from './failure.ts';
import { gatewayPlace } from './gateway-api.ts';

/** What people send most; anything else is only bytes. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.gif': 'image/gif' },
  ...{ '.webp': 'image/webp', '.pdf': 'application/pdf', '.json': 'application/json', '.csv': 'text/csv' },
  ...{ '.txt': 'text/plain', '.md': 'text/markdown', '.html': 'text/html' },
};

/** Stores files of this machine in a session. Throws `file_unreadable`, and the gateway's refusal. */
export async function storeFiles(session: string, paths: readonly string[]): Promise<readonly FilePart[]> {
  const { url, key } = gatewayPlace();
  const files = filesOf({ id: session, gateway: { url: () => url, token: async () => key } });
  const stored: FilePart[] = [];
  for (const path of paths) {
    const type = TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
    // It is read while it is sent.
    stored.push(await files.upload(await readable(path, type), { name: basename(path) }));
  }
  return stored;
}

/** Throws `file_unreadable`. */
async function readable(path: string, type: string): Promise<Blob> {
  try {
    return await openAsBlob(path, { type });
  } catch {
    throw new CliError('file_unreadable', `The file ${path} cannot be read: check the path.`);
  }
}
