/** docker-compose.yml without Docker: it fits the schema, and what it names is there. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { serverSettings } from '../../src/cli/dev/temporal-settings.ts';
import { createProgram } from '../../src/cli/index.ts';
import { LIMITS, RECOVERY, SEARCH_ATTRIBUTES } from '../../src/contracts/index.ts';
import { readConfig } from '../../src/main/config.ts';
import {
  at,
  bytes,
  environment,
  file,
  JOBS,
  memory,
  OF_LIBRARIES,
  raw,
  resolved,
  ROLES,
  seconds,
  service,
  services,
  settings,
  text,
  yaml,
} from './compose-file.ts';
import type { ComposeFile } from './compose-file.ts';

describe('the compose file', () => {
  test.each(['docker-compose.yml', 'deploy/compose.try.yml', 'deploy/compose.domain.yml'])(
    '%s fits the Compose Specification',
    (path) => {
      // From compose-spec/compose-go v2.10.0, Apache License 2.0, unchanged but for its formatting.
      const schema = JSON.parse(text('test/deploy/compose-spec.schema.json')) as object;
      // The schema names draft 7 by an address that Ajv does not know by that name, and has keywords that say nothing to it.
      const ajv = new Ajv({ strict: false, validateFormats: false });
      const fits = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });
      expect({ ok: fits(yaml(path)), errors: fits.errors }).toEqual({ ok: true, errors: null });
    },
  );

  test.each(services)('%s has a fixed image and an end of its own', (name, { image, restart }) => {
    expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?[a-z0-9.-]*$/);
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
    expect(ports).toHaveLength(4);
    for (const port of ports) expect(resolved(port, new Map())).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test.each(services)('%s has a limit of memory', (name) => {
    expect(memory(name)).toBeGreaterThanOrEqual(256 * 2 ** 20);
  });

  test('secrets are given to those alone who need them', () => {
    const holders = (secret: string): readonly string[] =>
      services.flatMap(([name, { environment }]) =>
        JSON.stringify(environment ?? {}).includes(`\${${secret}`) ? [name] : [],
      );
    expect({
      keys: holders('CONVOKE_KEYS'),
      model: holders('OPENAI_API_KEY'),
      endpoints: holders('CONVOKE_PROVIDERS'),
      archive: holders('CONVOKE_DB_PASSWORD'),
      temporal: holders('TEMPORAL_DB_PASSWORD'),
      postgres: holders('POSTGRES_PASSWORD'),
    }).toEqual({
      keys: ['gateway'],
      model: ['worker'],
      endpoints: ['worker'],
      archive: ['gateway', 'worker', 'postgres'],
      temporal: ['postgres', 'schema', 'temporal'],
      postgres: ['postgres'],
    });
  });

  test('the proxy, which others reach, reaches gateways alone', () => {
    const near = services.filter(([, { networks = ['default'] }]) => networks.includes('edge'));
    expect(near.map(([name, { networks }]) => [name, networks])).toEqual([
      ['gateway', ['default', 'edge']],
      ['proxy', ['edge']],
    ]);
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
    const program = createProgram({
      gateway: nothing,
      worker: nothing,
      backup: nothing,
      restore: nothing,
      rewrap: nothing,
      rotate: nothing,
      check,
      temporal: check,
    });
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
    const read = [
      'config',
      'files-config',
      'metrics-config',
      'otlp',
      'providers',
      'temporal-config',
      'traces-config',
    ]
      .map((name) => text(`src/main/${name}.ts`))
      .join('');
    for (const role of ROLES) {
      const names = Object.keys(service(role).environment ?? {});
      for (const name of names.filter((each) => !OF_LIBRARIES.includes(each)))
        expect([name, read.includes(name)]).toEqual([name, true]);
    }
  });

  test.each([
    ['gateway', 1],
    ['worker', 2],
  ])('the heaps of a %s follow its limit of memory, and fit into it', (role, heaps) => {
    const NODE_OPTIONS = service(role).environment?.['NODE_OPTIONS'] ?? '';
    const program =
      'v8.getHeapStatistics().heap_size_limit / Math.min(os.totalmem(), process.constrainedMemory() || Infinity)';
    const said = execFileSync(process.execPath, ['-p', program], { env: { NODE_OPTIONS }, encoding: 'utf8' });
    expect(Number(said)).toBeCloseTo(Number(/=(\d+)$/.exec(NODE_OPTIONS)?.[1]) / 100, 1);
    expect(Number(said) * heaps).toBeLessThan(0.95);
    expect(text('Dockerfile')).toContain(`NODE_IMAGE=node:${process.versions.node}-`);
  });

  test('a gateway knows by the name of the model alone that there is one', () => {
    const values = new Map([
      ...settings('deploy/try.env'),
      ['CONVOKE_MODEL', 'm'],
      ['OPENAI_API_KEY', 'sk-1'],
    ]);
    expect(readConfig(environment('gateway', values))).toMatchObject({ models: new Map(), hasModel: true });
    expect(readConfig(environment('worker', values)).models.get('default')).toMatchObject({ apiKey: 'sk-1' });
    expect(readConfig(environment('gateway', settings('deploy/try.env'))).hasModel).toBe(false);
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
  test('Redis and Temporal keep to what they may use by themselves', () => {
    expect(memory('redis')).toBeGreaterThanOrEqual(
      1.25 * bytes(settings('deploy/env.example', true).get('REDIS_MEMORY') ?? ''),
    );
    expect(memory('temporal')).toBeGreaterThan(bytes(service('temporal').environment?.['GOMEMLIMIT'] ?? ''));
  });

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

  test('the proxy has a site for a domain, and what that needs', () => {
    const { services: added, volumes } = yaml('deploy/compose.domain.yml') as ComposeFile; // safety: the schema is the first test
    expect(text('deploy/Caddyfile')).toMatch(/^:8080 \{\$CONVOKE_DOMAIN\} \{$/m);
    expect(text('deploy/Caddyfile')).not.toContain('auto_https');
    expect(added['proxy']).toEqual({
      environment: { CONVOKE_DOMAIN: expect.stringMatching(/^\$\{CONVOKE_DOMAIN:\?/) },
      ports: ['80:80', '443:443', '443:443/udp'],
      volumes: ['caddy:/data'],
    });
    expect(Object.keys(volumes ?? {})).toEqual(['caddy']);
    expect(settings('deploy/env.example', true).get('COMPOSE_FILE')).toBe(
      'docker-compose.yml:deploy/compose.domain.yml',
    );
  });

  test('the proxy calls the port that gateways listen on', () => {
    const command = service('gateway').command ?? [];
    const port = command[command.indexOf('--port') + 1];
    expect(text('deploy/Caddyfile')).toContain(`dynamic a gateway ${String(port)}`);
    for (const role of ROLES)
      expect(service(role).healthcheck?.test.join(' ')).toContain(`127.0.0.1:${String(port)}/readyz`);
  });
});
