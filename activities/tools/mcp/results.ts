/** What a model is told of an MCP server's result. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { isConvokeError } from '../../../src/contracts/index.ts';
import { contentTypeIn } from '../../../src/files/index.ts';
import type { SessionFiles } from '../../../src/files/index.ts';

type Content = CallToolResult['content'][number];
type Binary = Extract<Content, { type: 'image' | 'audio' }>;

/**
 * Its texts, and what else there is: images and sounds become files of the session, other things are named; its structured content if there is
 * nothing else.
 */
export async function textOf(
  { content, structuredContent }: CallToolResult,
  files: Pick<SessionFiles, 'write'>,
): Promise<string> {
  if (content.length === 0) return structuredContent === undefined ? '' : JSON.stringify(structuredContent);
  const parts: string[] = [];
  for (const part of content) parts.push(await partOf(part, files));
  return parts.join('\n');
}

async function partOf(part: Content, files: Pick<SessionFiles, 'write'>): Promise<string> {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'image':
    case 'audio':
      return fileOf(part, files);
    case 'resource_link':
      return `[${part.name}: ${part.uri}]`;
    case 'resource': {
      const { resource } = part;
      return 'text' in resource ? resource.text : `[${resource.uri}: ${resource.mimeType ?? 'binary'}]`;
    }
  }
}

/** A reference to the file that it becomes; its type and size where there is no place for files. */
async function fileOf({ type, mimeType, data }: Binary, files: Pick<SessionFiles, 'write'>): Promise<string> {
  try {
    const contentType = contentTypeIn(mimeType) ?? 'application/octet-stream';
    const file = { name: `${type}.${/\/([a-z0-9]+)$/.exec(contentType)?.[1] ?? 'bin'}`, contentType };
    return JSON.stringify(await files.write(file, Buffer.from(data, 'base64')));
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'files_not_set_up') throw error;
    return `[${type}: ${mimeType}, ${data.length} characters of base64]`;
  }
}
