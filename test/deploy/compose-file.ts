/** docker-compose.yml and its env files, as tests read them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly networks?: readonly string[];
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly memory?: string } } };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

export const JOBS = ['schema', 'namespace'];
export const ROLES = ['gateway', 'worker'];
/** Variables of theirs that a library reads. */
export const OF_LIBRARIES = ['TOKIO_WORKER_THREADS', 'NODE_OPTIONS'];
const SIZE: Readonly<Record<string, number>> = { m: 2 ** 20, g: 2 ** 30 };

export const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
export const text = (path: string): string => readFileSync(at(path), 'utf8');
export const yaml = (path: string): unknown => parse(text(path), { merge: true });

export const raw = text('docker-compose.yml');
export const file = yaml('docker-compose.yml') as ComposeFile; // safety: the schema is the first test
export const services = Object.entries(file.services);

export function service(name: string): Service {
  const found = file.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

/** The settings of an env file; commented ones count where `optional` says so. */
export function settings(path: string, optional = false): ReadonlyMap<string, string> {
  const line = optional ? /^#?([A-Z_]+)=(.*)$/ : /^([A-Z_]+)=(.*)$/;
  const found = text(path)
    .split('\n')
    .map((each) => line.exec(each));
  return new Map(found.flatMap((match) => (match?.[1] ? [[match[1], match[2] ?? '']] : [])));
}

/** With variables put in as Compose does. */
export function resolved(value: string, values: ReadonlyMap<string, string>): string {
  return value.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const given = values.get(name) ?? '';
    if (given === '' && kind === '?') throw new Error(`${name}: ${String(rest)}`);
    return given === '' ? String(rest) : given;
  });
}

export function environment(role: string, values: ReadonlyMap<string, string>): Record<string, string> {
  const entries = Object.entries(service(role).environment ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, resolved(value, values)]));
}

/** Bytes of `256m`, `1g`, `1gb`, `1800MiB`. */
export function bytes(size: string): number {
  const [, count, unit = ''] = /^(\d+)([mg])(?:i?b)?$/i.exec(size) ?? [];
  return Number(count) * (SIZE[unit.toLowerCase()] ?? NaN);
}

export function memory(name: string, values: ReadonlyMap<string, string> = new Map()): number {
  return bytes(resolved(service(name).deploy?.resources?.limits?.memory ?? '', values));
}

export const seconds = (duration: string | undefined): number => Number(/^(\d+)s$/.exec(duration ?? '')?.[1]);
