/** `convoke erase` and `convoke tenants erase`: what cannot be undone. */
import { counted } from '../../contracts/index.ts';
import { secret } from '../environment.ts';
import { configMistake } from '../failure.ts';
import { callGateway, gatewayPlace } from '../gateway-api.ts';

interface Erasure {
  readonly tenant: string;
  readonly session?: string;
  readonly status: 'erasing' | 'erased';
  readonly removed: Readonly<Record<string, number>>;
}

interface Output {
  readonly json?: boolean;
}

function show(erasure: Erasure, { json }: Output): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(erasure, null, 2)}\n`);
    return;
  }
  const { tenant, session, status, removed } = erasure;
  const counts = Object.entries(removed).filter(([, count]) => count > 0);
  const told = counts.map(([what, count]) => counted(count, what.replace(/s$/, ''))).join(', ');
  const whose = session === undefined ? `Tenant ${tenant}` : `Session ${session}`;
  process.stdout.write(
    status === 'erased'
      ? `${whose} is erased. Removed: ${told === '' ? 'nothing' : told}.\n`
      : `${whose} is being erased; ask again for how it stands. Removed so far: ${told}.\n`,
  );
}

export async function eraseSession(id: string, options: Output): Promise<void> {
  show(await callGateway<Erasure>({ method: 'POST', path: `/v1/sessions/${id}/erase` }), options);
}

/** With CONVOKE_OPERATOR_KEY, if it is set. */
export async function eraseTenant(id: string, options: Output): Promise<void> {
  const place = gatewayPlace();
  const key = secret(process.env, 'CONVOKE_OPERATOR_KEY', configMistake) ?? place.key;
  const request = { method: 'POST', path: `/v1/admin/tenants/${id}/erase` } as const;
  show(await callGateway<Erasure>(request, { ...place, key }), options);
}
