/** Images that a model is shown: which, and their bytes. The same conversation gives the same ones. */
import { buffer } from 'node:stream/consumers';
import { isConvokeError, isImage, LIMITS } from '../../src/contracts/index.ts';
import type { FileInfo } from '../../src/contracts/index.ts';
import { RunnerError, type RunRequest, type Utterance } from './runner.ts';

/** By the id of the file. */
export type Images = ReadonlyMap<string, Uint8Array>;

/** The newest images that fit, by number and bytes. */
export function shownImages(conversation: readonly Utterance[]): readonly FileInfo[] {
  const newest = conversation.flatMap(({ files = [] }) => files).reverse();
  const shown = new Map<string, FileInfo>();
  let bytes = 0;
  for (const file of newest) {
    if (!isImage(file) || file.bytes === 0 || file.bytes > LIMITS.shownImageBytes || shown.has(file.file))
      continue;
    bytes += file.bytes;
    if (bytes > LIMITS.shownImagesBytes || shown.size === LIMITS.shownImages) break;
    shown.set(file.file, file);
  }
  return [...shown.values()];
}

/** Of an agent that takes images: those that it is shown. One that was deleted is not. Throws `RunnerError` if they cannot be read now. */
export async function readImages({ agent, conversation, files }: RunRequest): Promise<Images> {
  if (agent.images !== true || !files) return new Map();
  const images = await Promise.all(
    shownImages(conversation).map(async ({ file }) => {
      try {
        return [[file, await buffer(await files.read(file))] as const];
      } catch (error) {
        if (isConvokeError(error) && error.code === 'file_not_found') return [];
        const code = isConvokeError(error) ? error.code : 'files_unavailable';
        throw new RunnerError(code, 'An image of the conversation cannot be read.', {
          retryable: true,
          cause: error,
        });
      }
    }),
  );
  return new Map(images.flat());
}
