/** What a model is told of an MCP server's result. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

type Content = CallToolResult['content'][number];

/** Its texts, and what else there is by name and size; its structured content if there is nothing else. */
export function textOf({ content, structuredContent }: CallToolResult): string {
  if (content.length > 0) return content.map(partOf).join('\n');
  return structuredContent === undefined ? '' : JSON.stringify(structuredContent);
}

function partOf(part: Content): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'image':
    case 'audio':
      return `[${part.type}: ${part.mimeType}, ${part.data.length} characters of base64]`;
    case 'resource_link':
      return `[${part.name}: ${part.uri}]`;
    case 'resource': {
      const { resource } = part;
      return 'text' in resource ? resource.text : `[${resource.uri}: ${resource.mimeType ?? 'binary'}]`;
    }
  }
}
