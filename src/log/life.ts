/** Which life of a server's data a log belongs to. */

/**
 * The life that a reply to INFO names; '' if the server does not tell. The scripts find the same (`life` in lua/shared.lua).
 *
 * `run_id` changes when the process starts, `master_replid` when a replica is promoted (and when a master gets its first replica, which then
 * costs a new epoch without need).
 */
export function lifeOf(info: unknown): string {
  if (typeof info !== 'string') return '';
  const [, run = ''] = /\nrun_id:([^\r]*)\r/.exec(info) ?? [];
  const [, history = ''] = /\nmaster_replid:([^\r]*)\r/.exec(info) ?? [];
  return run + history;
}
