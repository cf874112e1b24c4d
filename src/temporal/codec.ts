/**
 * Seals what Temporal stores of a session: arguments, results, signals, updates, heartbeats, memos, summaries. A sealed payload says which data
 * key opens it; the tenant is that of the workflow that it belongs to.
 */
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { DEPLOYMENT, isConvokeError, isId } from '../contracts/index.ts';
import type { JsonPayload, Seal } from '../contracts/index.ts';

/** What a sealed payload says it is. */
export const SEALED = 'binary/convoke-sealed';
const KEY = 'convoke-key';
const PLACE = 'temporal';

/** Protobuf's code has an array in the place of no bytes. */
const bytesOf = (data: Uint8Array | null | undefined): Uint8Array =>
  data instanceof Uint8Array ? data : new Uint8Array();
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array | null | undefined): string => Buffer.from(bytesOf(data)).toString();

/** `session:{tenant}:…`, `fire:{tenant}:…`, `score:{tenant}:…`; null: it is no workflow of a tenant, or the SDK does not know which. */
function tenantIn(context: SerializationContext | undefined): string | null {
  const [kind, tenant] = context?.workflowId?.split(':') ?? [];
  return ['session', 'fire', 'score'].includes(kind ?? '') && isId(tenant) ? tenant : null;
}

function isSealed({ metadata }: Payload): boolean {
  return text(metadata?.['encoding']) === SEALED;
}

async function opened(seal: Seal, tenant: string | null, { metadata, data }: Payload): Promise<Payload> {
  return unpacked(await seal.open(tenant, PLACE, { key: text(metadata?.[KEY]), data: bytesOf(data) }));
}

const isBroken = (error: unknown): boolean => isConvokeError(error) && error.code === 'seal_broken';

export function createCodec(seal: Seal): PayloadCodec {
  return {
    encode: (payloads, context) => {
      const tenant = tenantIn(context) ?? DEPLOYMENT;
      return Promise.all(
        payloads.map(async (payload) => {
          const { key, data } = await seal.seal(tenant, PLACE, packed(payload));
          return { metadata: { encoding: bytes(SEALED), [KEY]: bytes(key) }, data };
        }),
      );
    },
    decode: (payloads, context) =>
      Promise.all(
        payloads.map(async (payload) => {
          // It was stored before sealing was on.
          if (!isSealed(payload)) return payload;
          const tenant = tenantIn(context);
          return opened(seal, tenant, payload).catch((error: unknown) => {
            // What the SDK sealed without saying for which workflow is the deployment's.
            if (tenant === null || !isBroken(error)) throw error;
            return opened(seal, DEPLOYMENT, payload);
          });
        }),
      ),
  };
}

const LENGTH_BYTES = 4;

/** The length of the metadata, the metadata as JSON with base64 values, the data. */
function packed({ metadata, data }: Payload): Uint8Array {
  const fields = Object.entries(metadata ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString('base64'),
  ]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(fields)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, bytesOf(data)]);
}

function unpacked(plain: Uint8Array): Payload {
  const all = Buffer.from(plain);
  const end = LENGTH_BYTES + all.readUInt32BE();
  const fields = JSON.parse(text(all.subarray(LENGTH_BYTES, end))) as Record<string, string>; // safety: `packed` has written it
  const metadata = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  );
  return { metadata, data: all.subarray(end) };
}

const base64 = (data: Uint8Array | null | undefined): string => Buffer.from(bytesOf(data)).toString('base64');
const unbase64 = (data: string | undefined): Uint8Array => Buffer.from(data ?? '', 'base64');

/**
 * Opens the payloads of one tenant (null: of any) for somebody who looks at them. All others stay as they are: those that are not sealed, those of
 * another tenant, and those whose key is gone. Throws `archive_unavailable`.
 */
export async function shownPayloads(
  seal: Seal,
  tenant: string | null,
  payloads: readonly JsonPayload[],
): Promise<readonly JsonPayload[]> {
  return Promise.all(
    payloads.map(async (shown) => {
      const metadata = Object.fromEntries(
        Object.entries(shown.metadata ?? {}).map(([name, value]) => [name, unbase64(value)]),
      );
      const payload = { metadata, data: unbase64(shown.data) };
      if (!isSealed(payload)) return shown;
      try {
        const plain = await opened(seal, tenant, payload);
        const named = Object.entries(plain.metadata ?? {}).map(([name, value]) => [name, base64(value)]);
        return { metadata: Object.fromEntries(named) as Record<string, string>, data: base64(plain.data) };
      } catch (error) {
        if (isConvokeError(error) && error.code.startsWith('seal_')) return shown;
        throw error;
      }
    }),
  );
}
