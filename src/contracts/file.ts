/** Files: kept outside of history and log, which hold references to them only. */
import { FILES as LIMITS } from './limits/files.ts';

/** What is known of a file; it never changes. */
export interface FileInfo {
  /** Its id, unguessable. */
  readonly file: string;
  /** As whoever made it has called it; not a path. */
  readonly name: string;
  /** As whoever made it has declared it; nobody has checked it. */
  readonly contentType: string;
  readonly bytes: number;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A file in a message, or in the result of a tool. */
export interface FilePart extends FileInfo {
  readonly type: 'file';
}

/** What a sender writes for it: the server adds the rest. */
export type FileReference = Pick<FilePart, 'type' | 'file'>;

/** Types of images that models take. */
const IMAGES: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** True for an image of a type that models take; its bytes may be anything. */
export function isImage({ contentType }: Pick<FileInfo, 'contentType'>): boolean {
  return IMAGES.includes(contentType);
}

/** How a file is told to those who read text alone. */
export function fileText({ file, name, contentType, bytes }: FileInfo): string {
  return `[file ${JSON.stringify(name)}, ${contentType}, ${bytes} bytes, id ${file}]`;
}

/** True for a part as the server makes it. */
export function isFilePart(value: unknown): value is FilePart {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'file')
    return false;
  const { file, name, contentType, bytes, sha256 } = value as Partial<FilePart>; // safety: checked here
  return (
    [file, name, contentType, sha256].every((each) => typeof each === 'string') && Number.isSafeInteger(bytes)
  );
}

/** Files that the result of a tool refers to: in a text that is JSON, or has lines that are. Other sessions' files cannot be read by them. */
export function filesIn(text: string): readonly FilePart[] {
  const found = new Map<string, FilePart>();
  const waiting: unknown[] = [text, ...text.split('\n')].map(jsonOf);
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (isFilePart(value)) found.set(value.file, value);
    else waiting.push(...(Object.values(value) as unknown[]));
  }
  return [...found.values()].slice(0, LIMITS.resultFiles).reverse();
}

/** Null: it is no object and no list. */
function jsonOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
