/** How tools are named: a function by its key in the configuration, a tool of a server by both names. Pure. */

const JOIN = '__';
const MOST_CHARS = 64;

/** The full name of a server's tool: what providers allow in a name, nothing else. */
export function serverToolName(server: string, tool: string): string {
  return `${server}${JOIN}${tool.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, MOST_CHARS);
}

/** Where in the configuration a tool comes from. */
export function sourceName(tool: string): string {
  const at = tool.indexOf(JOIN);
  return at === -1 ? tool : tool.slice(0, at);
}

/** True if one of the names is that of the tool, or of its server. */
export function isNamed(tool: string, names: readonly string[]): boolean {
  return names.includes(tool) || names.includes(sourceName(tool));
}
