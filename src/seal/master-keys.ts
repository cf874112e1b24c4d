/** Master keys, by reference: where each of them is, never the key itself in a setting. */
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isId, LIMITS } from '../contracts/index.ts';

export interface MasterKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Mistake = (sentence: string) => Error;

/** A comma in a command is part of it unless another key follows. */
const BETWEEN = /,(?=\s*[\w-]{1,64}=(?:env|file|command):)/;
const FORM = 'give id=env:NAME, id=file:PATH or id=command:COMMAND, separated by commas.';
const MAKE = 'openssl rand -base64 32';

/**
 * `id=env:NAME,id=file:PATH,id=command:COMMAND`: the first wraps data keys, all unwrap them. A key is 32 bytes in base64. Throws what `mistake`
 * makes of a sentence, which never holds a key.
 */
export function masterKeysOf(text: string, env: Environment, mistake: Mistake): readonly MasterKey[] {
  const items = text.split(BETWEEN).map((item) => item.trim());
  if (items.length > LIMITS.sealMasterKeys) throw mistake(`give at most ${LIMITS.sealMasterKeys} keys.`);
  const ids = new Set<string>();
  return items.map((item) => {
    const [, id = '', kind = '', place = ''] = /^([^=]+)=(env|file|command):(.+)$/s.exec(item) ?? [];
    if (!isId(id)) throw mistake(FORM);
    if (ids.has(id)) throw mistake(`the id ${id} stands there twice.`);
    ids.add(id);
    const written = READ[kind as keyof typeof READ](place, env, (why) => mistake(`the key ${id}: ${why}`)); // safety: matched
    return { id, secret: bytesOf(id, written.trim(), mistake) };
  });
}

const READ = {
  env(name: string, env: Environment, mistake: Mistake): string {
    const value = env[name];
    if (value === undefined || value === '') throw mistake(`the variable ${name} is not set.`);
    return value;
  },
  file(path: string, _env: Environment, mistake: Mistake): string {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw mistake(`the file ${path} cannot be read (${String((error as NodeJS.ErrnoException).code)}).`); // safety: of Node
    }
  },
  command(command: string, env: Environment, mistake: Mistake): string {
    const { sealCommandMs: timeout, sealCommandBytes: maxBuffer } = LIMITS;
    try {
      return execSync(command, {
        ...{ timeout, maxBuffer, env, encoding: 'utf8' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    } catch (error) {
      // Its message holds what was printed.
      const { status, code } = error as { readonly status?: number | null; readonly code?: string }; // safety: of Node
      const why = typeof status === 'number' ? `ended with code ${status}` : `failed (${code ?? 'stopped'})`;
      throw mistake(`its command ${why}; what it said is above.`);
    }
  },
};

function bytesOf(id: string, written: string, mistake: Mistake): Uint8Array {
  const bytes = Buffer.from(written, 'base64');
  const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(written);
  if (isBase64 && bytes.length === LIMITS.sealKeyBytes) return bytes;
  const found = isBase64 ? `${bytes.length} bytes` : 'something that is not base64';
  throw mistake(`the key ${id} must be ${LIMITS.sealKeyBytes} bytes in base64, and is ${found}: ${MAKE}.`);
}
