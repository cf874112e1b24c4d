/** Files that a message refers to: the server adds what is known of them, so that whoever reads the message need not ask. */
import { ConvokeError } from '../contracts/index.ts';
import type { FileInfo, MessagePart, SendRequest, SessionRef } from '../contracts/index.ts';

/** Notes that something refers to these files of a session, and tells what they are, in the same order. Throws `file_not_found`. */
export type UseFiles = (ref: SessionRef, files: readonly string[]) => Promise<readonly FileInfo[]>;

/** A request, as it is handed over. */
export type Attached = Omit<SendRequest, 'parts'> & { readonly parts?: readonly MessagePart[] };

/** A message without files costs nothing. Throws `file_not_found`, `files_not_set_up`. */
export async function attached<R extends Omit<SendRequest, 'messageId'>>(
  useFiles: UseFiles | undefined,
  ref: SessionRef,
  request: R,
): Promise<Omit<R, 'parts'> & Pick<Attached, 'parts'>> {
  const { parts = [], ...rest } = request;
  const named = parts.flatMap((part) => (part.type === 'file' ? [part.file] : []));
  if (named.length > 0 && !useFiles) throw new ConvokeError('files_not_set_up');
  const files = named.length === 0 ? [] : [...((await useFiles?.(ref, named)) ?? [])];
  const whole = parts.flatMap((part): MessagePart[] => {
    if (part.type !== 'file') return [part];
    const info = files.shift();
    return info ? [{ type: 'file', ...info }] : [];
  });
  return { ...rest, ...(request.parts && { parts: whole }) };
}
