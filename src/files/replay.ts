/** A request that comes again, to store what an earlier one has stored. */
import { createHash } from 'node:crypto';
import { ConvokeError } from '../contracts/index.ts';
import type { FileInfo } from '../contracts/index.ts';
import type { NewFile, StoredFile } from './files.ts';

export function invalidDigest(): ConvokeError {
  return new ConvokeError(
    'invalid_digest',
    'Send the file again if it was changed on the way, or else with the digest of these very bytes.',
  );
}

function mismatch(): ConvokeError {
  return new ConvokeError('idempotency_mismatch', 'Use another Idempotency-Key for another file.');
}

/**
 * The answer of the earlier request, if this one has the same name, type and content: of a longer one no more is read than tells it apart. Throws
 * `invalid_digest`, `idempotency_mismatch`.
 */
export async function replay(
  info: FileInfo,
  { name, contentType, sha256 }: NewFile,
  content: AsyncIterable<Uint8Array>,
): Promise<StoredFile> {
  if (name !== info.name || contentType !== info.contentType) throw mismatch();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > info.bytes) break;
    hash.update(chunk);
  }
  const isSame = bytes === info.bytes && hash.digest('hex') === info.sha256;
  // One that is the stored content by its digest alone, or by its bytes alone, contradicts itself.
  if (sha256 !== undefined && isSame !== (sha256 === info.sha256)) throw invalidDigest();
  if (isSame) return { info, replayed: true };
  throw mismatch();
}
