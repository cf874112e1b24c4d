/** How tools are named: a function by its key in the configuration, a tool of a server by both names. Pure. */

const JOIN = '__';

/** Where in the configuration a tool comes from. */
export function sourceName(tool: string): string {
  const at = tool.indexOf(JOIN);
  return at === -1 ? tool : tool.slice(0, at);
}

/** True if one of the names is that of the tool, or of its server. */
export function isNamed(tool: string, names: readonly string[]): boolean {
  return names.includes(tool) || names.includes(sourceName(tool));
}
