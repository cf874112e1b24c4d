/** `convoke members`: who takes part in a session. */
import type {
  AgentRequest,
  Member,
  MembersReply,
  MembersRequest,
  SessionView,
} from '../../contracts/index.ts';
import { CliError } from '../failure.ts';
import { callGateway } from '../gateway-api.ts';
import { table } from '../terminal.ts';

export interface MembersOptions {
  readonly join?: string;
  readonly joinPerson?: string;
  /** Of the person that joins. */
  readonly role?: readonly string[];
  readonly leave?: string;
  readonly pause?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

export async function members(session: string, options: MembersOptions): Promise<void> {
  const body = changeOf(options);
  const path = `/v1/sessions/${session}`;
  const reply = body
    ? await callGateway<MembersReply>({ method: 'POST', path: `${path}/members`, body })
    : { members: (await callGateway<SessionView>({ path })).members };
  if (options.json) {
    process.stdout.write(`${JSON.stringify(reply, null, 2)}\n`);
    return;
  }
  const row = ({ name, kind, status, roles = [] }: Member): string[] => [
    name,
    kind,
    status,
    roles.join(', ') || '–',
  ];
  process.stdout.write(table([['NAME', 'KIND', 'STATUS', 'ROLES'], ...reply.members.map(row)]));
}

/** Null: nothing is to change. */
function changeOf({ join, joinPerson, role, leave, pause, resume }: MembersOptions): MembersRequest | null {
  const changes: MembersRequest[] = [
    ...(join === undefined ? [] : [{ join: agentOf(join) }]),
    ...(joinPerson === undefined
      ? []
      : [{ join: { kind: 'person' as const, name: joinPerson, ...(role && { roles: role }) } }]),
    ...(leave === undefined ? [] : [{ leave }]),
    ...(pause === undefined ? [] : [{ pause }]),
    ...(resume === undefined ? [] : [{ resume }]),
  ];
  if (role && joinPerson === undefined) throw new CliError('usage', '--role is for a person that joins.');
  if (changes.length > 1) throw new CliError('usage', 'Change one thing at a time.');
  return changes[0] ?? null;
}

/** The gateway checks what it is. */
function agentOf(text: string): AgentRequest {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(text) as AgentRequest;
  } catch {
    throw new CliError('usage', '--join takes the name of an agent, or an agent as JSON.');
  }
}
