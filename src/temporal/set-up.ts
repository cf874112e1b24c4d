/** What this deployment needs of its Temporal before it can serve: an answer, its namespace, and in it the search attributes of sessions. */
import type { ConnectionLike } from '@temporalio/client';
import { ConvokeError, SEARCH_ATTRIBUTES } from '../contracts/index.ts';
import { CREDENTIALS_MEND, grpcCode, GRPC, namespaceFault } from './errors.ts';
import type { SetUpFault } from './errors.ts';

/** Of `IndexedValueType`. */
const TYPES = ['unspecified', 'Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'];
const KEYWORD = 2;

export interface SetUp {
  readonly connection: Pick<ConnectionLike, 'workflowService' | 'operatorService'>;
  readonly namespace: string;
}

/** Null if sessions can be served. The caller sets the deadline. */
export async function findSetUpFault({ connection, namespace }: SetUp): Promise<SetUpFault | null> {
  const [described, types] = await Promise.allSettled([
    connection.workflowService.describeNamespace({ namespace }),
    connection.operatorService.listSearchAttributes({ namespace }),
  ]);
  if (described.status === 'rejected') return faultOf(described.reason, namespace);
  // Some servers keep that to their administrators; if an attribute is missing there, the first session tells.
  return types.status === 'rejected' ? null : attributesFault(types.value.customAttributes, namespace);
}

/**
 * Resolves if sessions can be served. Throws `temporal_not_set_up` with the command that mends it, `temporal_refused` for credentials that the
 * server does not take, and `temporal_unavailable`. The caller sets the deadline.
 */
export async function requireSetUp(setUp: SetUp): Promise<void> {
  const fault = await findSetUpFault(setUp);
  if (fault === null) return;
  const { code, what, command, advice = `Run: ${command}`, cause } = fault;
  throw new ConvokeError(code, `${what} ${advice}`, { cause });
}

function faultOf(cause: unknown, namespace: string): SetUpFault {
  const code = grpcCode(cause);
  if (code === GRPC.notFound) return { ...namespaceFault(namespace), cause };
  if (code === GRPC.permissionDenied || code === GRPC.unauthenticated) {
    const what = `Temporal refuses the credentials for the namespace "${namespace}".`;
    return { code: 'temporal_refused', what, advice: CREDENTIALS_MEND, cause };
  }
  const advice = 'Check TEMPORAL_ADDRESS, the TLS settings, and that the server runs.';
  return { code: 'temporal_unavailable', what: 'Temporal does not answer.', advice, cause };
}

/** What the search attributes lack; null if nothing. `types`: by name. */
export function attributesFault(
  types: Readonly<Record<string, unknown>>,
  namespace: string,
): SetUpFault | null {
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  const wrong = wanted.filter((name) => types[name] !== undefined && types[name] !== KEYWORD);
  const missing = wanted.filter((name) => types[name] === undefined);
  if (wrong.length === 0 && missing.length === 0) return null;
  const command = (verb: string, rest: readonly string[]): string =>
    ['temporal operator search-attribute', verb, '--namespace', namespace, ...rest].join(' ');
  const creation = command(
    'create',
    [...wrong, ...missing].map((name) => `--name ${name} --type Keyword`),
  );
  const removal = command('remove', [...wrong.map((name) => `--name ${name}`), '--yes']);
  const faults = [
    ...wrong.map((name) => `${name} is of the type ${TYPES[Number(types[name])] ?? 'unknown'}, not Keyword`),
    ...(missing.length > 0 ? [`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`] : []),
  ];
  return {
    code: 'temporal_not_set_up',
    what: `The namespace "${namespace}" lacks search attributes of sessions: ${faults.join('; ')}.`,
    command: wrong.length > 0 ? `${removal} && ${creation}` : creation,
  };
}
