/** docker-compose.yml without Docker: it fits the schema, and what it names is there. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { serverSettings } from '../../src/cli/dev/temporal-settings.ts';
import { createProgram } from '../../src/cli/index.ts';
import { LIMITS, RECOVERY, SEARCH_ATTRIBUTES } from '../../src/contracts/index.ts';
import { readConfig } from '../../src/main/config.ts';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

const JOBS = ['schema', 'namespace'];
const ROLES = ['gateway', 'worker'];
/** Variables of theirs that a library reads. */
const OF_LIBRARIES = ['TOKIO_WORKER_THREADS'];

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const text = (path: string): string => readFileSync(at(path), 'utf8');
const yaml = (path: string): unknown => parse(text(path), { merge: true });

const raw = text('docker-compose.yml');
const file = yaml('docker-compose.yml') as ComposeFile; // safety: the schema is the first test
const services = Object.entries(file.services);

function service(name: string): Service {
  const found = file.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

/** The settings of an env file; commented ones count where `optional` says so. */
function settings(path: string, optional = false): ReadonlyMap<string, string> {
  const line = optional ? /^#?([A-Z_]+)=(.*)$/ : /^([A-Z_]+)=(.*)$/;
  const found = text(path)
    .split('\n')
    .map((each) => line.exec(each));
  return new Map(found.flatMap((match) => (match?.[1] ? [[match[1], match[2] ?? '']] : [])));
}

/** With variables put in as Compose does. */
function resolved(value: string, values: ReadonlyMap<string, string>): string {
  return value.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const given = values.get(name) ?? '';
    if (given === '' && kind === '?') throw new Error(`${name}: ${String(rest)}`);
    return given === '' ? String(rest) : given;
  });
}

function environment(role: string, values: ReadonlyMap<string, string>): Record<string, string> {
  const entries = Object.entries(service(role).environment ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, resolved(value, values)]));
}

const seconds = (duration: string | undefined): number => Number(/^(\d+)s$/.exec(duration ?? '')?.[1]);

describe('the compose file', () => {
  test.each(['docker-compose.yml', 'deploy/compose.try.yml'])('%s fits the Compose Specification', (path) => {
    // From compose-spec/compose-go v2.10.0, Apache License 2.0, unchanged but for its formatting.
    const schema = JSON.parse(text('test/deploy/compose-spec.schema.json')) as object;
    // The schema names draft 7 by an address that Ajv does not know by that name, and has keywords that say nothing to it.
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const fits = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });
    expect({ ok: fits(yaml(path)), errors: fits.errors }).toEqual({ ok: true, errors: null });
  });

  test.each(services)('%s has a fixed image and an end of its own', (name, { image, restart }) => {
    expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?[a-z0-9.-]*$/);
    expect(restart).toBe(JOBS.includes(name) ? 'no' : 'unless-stopped');
  });

  test('everything that others wait for tells whether it is well', () => {
    for (const [, { depends_on }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on ?? {})) {
        const { healthcheck } = service(name);
        expect([name, condition]).toEqual([
          name,
          healthcheck ? 'service_healthy' : 'service_completed_successfully',
        ]);
        expect(JOBS.includes(name)).toBe(healthcheck === undefined);
      }
    }
  });

  test('files that it mounts are there, and scripts can be run', () => {
    const mounts = services.flatMap(([, { volumes }]) => volumes ?? []);
    const sources = mounts.map((mount) => mount.split(':')[0] ?? '');
    for (const source of sources) {
      expect([
        source,
        source.startsWith('./') ? existsSync(at(source)) : source in (file.volumes ?? {}),
      ]).toEqual([source, true]);
    }
    for (const script of ['postgres/init.sh', 'temporal/schema.sh', 'temporal/namespace.sh']) {
      expect(statSync(at(`deploy/${script}`)).mode & 0o111).toBe(0o111);
    }
  });

  test('every setting of it is explained in deploy/env.example, with the same default', () => {
    const explained = settings('deploy/env.example', true);
    for (const [, name = '', kind, rest = ''] of raw.matchAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g)) {
      expect([name, explained.get(name)]).toEqual([name, kind === '-' ? rest : '']);
    }
  });

  test('nothing is reached from outside unless one asks for it', () => {
    const ports = services.flatMap(([, { ports }]) => ports ?? []);
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(resolved(port, new Map())).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });
});

describe('gateways and workers in it', () => {
  test('their image is the one of this version', () => {
    const { version } = JSON.parse(text('package.json')) as { version: string };
    for (const role of ROLES) expect(service(role).image).toBe(`convoke:${version}`);
  });

  test('their commands and options exist', () => {
    const nothing = (): Promise<void> => Promise.resolve();
    const check = (): Promise<never> => Promise.reject(new Error('It is not called.'));
    const program = createProgram({ gateway: nothing, worker: nothing, check, temporal: check });
    for (const role of ROLES) {
      const [name, ...args] = service(role).command ?? [];
      const command = program.commands.find((each) => each.name() === name);
      expect(command?.parseOptions(args)).toEqual({ operands: [], unknown: [] });
    }
  });

  test('they do not start without keys and passwords', () => {
    const empty = settings('deploy/env.example');
    for (const role of ROLES) expect(() => environment(role, empty)).toThrow(/set it in \.env/);
    expect(raw).not.toContain('CONVOKE_DEV');
  });

  test('their environment is one that they read', () => {
    const values = settings('deploy/try.env');
    const config = readConfig(environment('gateway', values));
    expect(config).toMatchObject({ devMode: false, models: new Map(), logLevel: 'info', origins: [] });
    expect([...config.keys]).toEqual([['try', 'try']]);
    expect(config.archiveUrl).toMatch(/^postgres:\/\/convoke:try@postgres:5432\/convoke$/);
    const { keys: _, ...shared } = config;
    expect(readConfig(environment('worker', values))).toMatchObject(shared);
    const read = ['config', 'providers', 'temporal-config']
      .map((name) => text(`src/main/${name}.ts`))
      .join('');
    for (const role of ROLES) {
      const names = Object.keys(service(role).environment ?? {});
      for (const name of names.filter((each) => !OF_LIBRARIES.includes(each)))
        expect([name, read.includes(name)]).toEqual([name, true]);
    }
  });

  test('they are given longer to stop than they take', () => {
    // Requests under way get 2 s after a gateway's drain, a worker's running steps 5 s after its grace; what is left is for closing.
    expect(seconds(service('gateway').stop_grace_period)).toBeGreaterThanOrEqual(
      LIMITS.drainMs / 1000 + 2 + 3,
    );
    expect(seconds(service('worker').stop_grace_period)).toBeGreaterThanOrEqual(
      RECOVERY.workerGraceMs / 1000 + 5 + 3,
    );
  });
});

describe('what surrounds them', () => {
  test('Redis never evicts a session log', () => {
    expect(service('redis').command?.join(' ')).toContain('--maxmemory-policy noeviction');
  });

  test('Temporal gets the search attributes that sessions carry', () => {
    const script = text('deploy/temporal/namespace.sh');
    expect(script).toContain(`for attribute in ${Object.values(SEARCH_ATTRIBUTES).join(' ')}; do`);
  });

  test('no queue of a shard is read more slowly than in development', () => {
    const file = yaml('deploy/temporal/dynamicconfig.yaml') as Record<string, { value: unknown }[]>;
    const development = serverSettings().map((flag) => flag.split('='));
    for (const queue of ['transfer', 'timer', 'visibility']) {
      const key = `history.${queue}ProcessorMaxPollRPS`;
      const [, value] = development.find(([name]) => name === key) ?? [];
      expect([key, file[key]]).toEqual([key, [{ value: Number(value) }]]);
    }
  });

  test('the proxy calls the port that gateways listen on', () => {
    const command = service('gateway').command ?? [];
    const port = command[command.indexOf('--port') + 1];
    expect(text('deploy/Caddyfile')).toContain(`dynamic a gateway ${String(port)}`);
    for (const role of ROLES)
      expect(service(role).healthcheck?.test.join(' ')).toContain(`127.0.0.1:${String(port)}/readyz`);
  });
});
