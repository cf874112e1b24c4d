/** The environment of gateways and workers: each mistake is said at start, with what to write instead, and without a secret. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/main/config.ts';
import { configFrom, environmentOf } from '../../src/main/settings.ts';
import { ConfigError } from '../../src/project/config-error.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing of the machine's own profile of Temporal. */
const bare = (): Record<string, string> => ({ XDG_CONFIG_HOME: folder, HOME: folder });

function mistake(env: Record<string, string>): string {
  try {
    readConfig({ ...bare(), ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('REDIS_URL', () => {
  test.each([
    'redis://127.0.0.1:6379',
    'redis://cache',
    'rediss://user:p%40ss@cache.example.com:6380/3',
    'redis://:only-a-password@[::1]:7000',
  ])('%s is taken', (url) => {
    expect(readConfig({ ...bare(), REDIS_URL: url }).redisUrl).toBe(url);
  });

  test.each([
    'redis//user:s3cret@cache:6379',
    'redis:/user:s3cret@cache:6379',
    'user:s3cret@cache:6379',
    'https://user:s3cret@cache:6379',
    'redis://user:s3c/ret@cache:6379',
    'redis://user:s3c#ret@cache:6379',
    '/var/run/s3cret.sock',
    'redis://user:s3cret@cache:6379/db',
  ])('%s is refused with the right form and without the password', (url) => {
    const said = mistake({ REDIS_URL: url });
    expect(said).toMatch(/^REDIS_URL: .*redis:\/\/host:6379/);
    expect(said).not.toMatch(/s3c|ret@/);
  });
});

describe('CONVOKE_ORIGINS', () => {
  test('takes pages and apps', () => {
    const origins =
      'https://app.example.com,http://localhost:5173,capacitor://localhost,ionic://localhost,tauri://localhost,app://.';
    expect(readConfig({ ...bare(), CONVOKE_ORIGINS: origins }).origins).toEqual(origins.split(','));
  });

  test.each([
    ['*', 'no wildcards'],
    ['https://*.example.com', 'no wildcards'],
    ['https://app.example.com/', 'Write https://app.example.com.'],
    ['https://app.example.com/path', 'Write https://app.example.com.'],
    ['https://app.example.com?x=1', 'Write https://app.example.com.'],
    ['https://user@app.example.com', 'Write https://app.example.com.'],
    ['capacitor://localhost/', 'Write capacitor://localhost.'],
    ['app.example.com', 'https://app.example.com'],
    ['localhost:5173', 'https://app.example.com'],
    ['wss://app.example.com', 'https://app.example.com'],
    ['null', 'Serve the page over http or https'],
    ['file:///index.html', 'Serve it over http or https'],
  ])('%s could never match, and is refused with what to write', (origin, mend) => {
    const said = mistake({ CONVOKE_ORIGINS: `https://fine.example.com,${origin}` });
    expect(said).toContain(`CONVOKE_ORIGINS: ${JSON.stringify(origin)}`);
    expect(said).toContain(mend);
  });

  test('is checked where a program gives it, too', () => {
    expect(() => configFrom({ origins: ['*'] }, bare())).toThrow(ConfigError);
  });
});

describe('a secret in a file', () => {
  test('is read without the line break at its end', () => {
    const config = readConfig({
      ...bare(),
      CONVOKE_KEYS_FILE: file('keys', 'k1=acme,k2=other\n'),
      REDIS_URL_FILE: file('redis', 'redis://:pw@cache:6379\r\n'),
      CONVOKE_ARCHIVE_URL_FILE: file('archive', 'postgres://u:pw@db/convoke\n'),
      OPENAI_API_KEY_FILE: file('openai', 'sk-1\n'),
      TEMPORAL_API_KEY_FILE: file('temporal', 'temporal-key\n'),
      CONVOKE_MODEL: 'm',
      CONVOKE_PROVIDERS: JSON.stringify({
        groq: { baseUrl: 'https://groq.example.com/v1', apiKeyVariable: 'GROQ_KEY' },
      }),
      GROQ_KEY_FILE: file('groq', 'gk-1\n'),
    });
    expect([...config.keys]).toEqual([
      ['k1', 'acme'],
      ['k2', 'other'],
    ]);
    expect(config.redisUrl).toBe('redis://:pw@cache:6379');
    expect(config.archiveUrl).toBe('postgres://u:pw@db/convoke');
    expect(config.models.get('default')).toMatchObject({ apiKey: 'sk-1' });
    expect(config.models.get('groq')).toMatchObject({ apiKey: 'gk-1' });
    expect(config.temporal.credentials).toMatchObject({ apiKey: 'temporal-key', tls: true });
  });

  test('that is not there, empty, a folder, or set twice is a mistake that names the variable', () => {
    const missing = join(folder, 'nowhere');
    mkdirSync(join(folder, 'sub'));
    expect(mistake({ CONVOKE_KEYS_FILE: missing })).toBe(
      `CONVOKE_KEYS_FILE: the file ${missing} cannot be read: it does not exist.`,
    );
    expect(mistake({ REDIS_URL_FILE: join(folder, 'sub') })).toContain('it is a folder');
    expect(mistake({ REDIS_URL_FILE: file('empty', '\n') })).toMatch(/^REDIS_URL_FILE: .* is empty/);
    expect(mistake({ CONVOKE_KEYS: 'k=acme', CONVOKE_KEYS_FILE: file('keys', 'k=acme') })).toBe(
      'CONVOKE_KEYS_FILE: CONVOKE_KEYS is set too: unset one of them.',
    );
  });

  test('stands behind what a program gives', () => {
    const env = environmentOf(
      { redisUrl: 'redis://given:6379' },
      { ...bare(), REDIS_URL_FILE: file('redis', 'redis://file:6379') },
    );
    expect(readConfig(env).redisUrl).toBe('redis://given:6379');
  });
});

describe("Temporal's own settings", () => {
  const PROFILES = `
[profile.default]
address = "default.example.com:7233"
[profile.prod]
address = "prod.example.com:7233"
namespace = "prod.acct"
api_key = "key-of-prod"
[profile.prod.grpc_meta]
some-header = "value"
`;

  test('are absent by default', () => {
    expect(readConfig(bare()).temporal).toEqual({
      ...{ address: '127.0.0.1:7233', namespace: 'default', taskQueue: 'convoke', credentials: {} },
    });
  });

  test('come from the profile file; the environment stands before it', () => {
    const env = { TEMPORAL_CONFIG_FILE: file('temporal.toml', PROFILES), TEMPORAL_PROFILE: 'prod' };
    expect(readConfig({ ...bare(), ...env }).temporal).toMatchObject({
      address: 'prod.example.com:7233',
      namespace: 'prod.acct',
      credentials: { apiKey: 'key-of-prod', tls: true, metadata: { 'some-header': 'value' } },
    });
    const overridden = { ...env, TEMPORAL_ADDRESS: 'here:7233', TEMPORAL_API_KEY: 'other' };
    expect(readConfig({ ...bare(), ...overridden }).temporal).toMatchObject({
      ...{ address: 'here:7233', namespace: 'prod.acct', credentials: { apiKey: 'other' } },
    });
    mkdirSync(join(folder, 'temporalio'));
    file('temporalio/temporal.toml', PROFILES);
    expect(readConfig({ XDG_CONFIG_HOME: folder }).temporal.address).toBe('default.example.com:7233');
  });

  test('an empty profile file is one without profiles', () => {
    const env = { TEMPORAL_CONFIG_FILE: file('empty.toml', ''), TEMPORAL_ADDRESS: 'here:7233' };
    expect(readConfig({ ...bare(), ...env }).temporal.address).toBe('here:7233');
    expect(readConfig({ ...bare(), TEMPORAL_CONFIG_FILE: '/dev/null' }).temporal.address).toBe(
      '127.0.0.1:7233',
    );
    expect(mistake({ ...env, TEMPORAL_PROFILE: 'staging' })).toContain('staging');
  });

  test('an empty variable counts as absent', () => {
    const empty = { TEMPORAL_ADDRESS: '', TEMPORAL_API_KEY: '', TEMPORAL_PROFILE: '', TEMPORAL_TLS: '' };
    expect(readConfig({ ...bare(), ...empty }).temporal).toMatchObject({
      ...{ address: '127.0.0.1:7233', credentials: {} },
    });
  });

  test.each<readonly [string, Record<string, string>, RegExp]>([
    ['a profile that is not there', { TEMPORAL_PROFILE: 'staging' }, /staging/],
    [
      'a file that is not there',
      { TEMPORAL_CONFIG_FILE: '/nowhere.toml' },
      /^TEMPORAL_CONFIG_FILE: .*nowhere/,
    ],
    ['a word for yes', { TEMPORAL_TLS: 'yes' }, /^TEMPORAL_TLS: write true or false/],
    [
      'a certificate without its key',
      { TEMPORAL_TLS_CLIENT_CERT_DATA: 'x' },
      /^TEMPORAL_TLS_CLIENT_KEY_PATH/,
    ],
    [
      'a key without its certificate',
      { TEMPORAL_TLS_CLIENT_KEY_DATA: 'x' },
      /^TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    ['an authority that is not there', { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere.pem' }, /nowhere\.pem/],
    [
      'an address with a scheme',
      { TEMPORAL_ADDRESS: 'https://u:s3cret@cloud' },
      /^TEMPORAL_ADDRESS: write host:port/,
    ],
    ['a key with a line break', { TEMPORAL_API_KEY: 's3cret\nx' }, /^TEMPORAL_API_KEY: /],
    ['what the SDK cannot do', { TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: '1' }, /always verifies the host/],
  ])('%s is a mistake', (_, env, said) => {
    expect(mistake(env)).toMatch(said);
    expect(mistake(env)).not.toContain('s3cret');
  });

  test('a file that cannot be parsed is a mistake that shows none of its lines', () => {
    const broken = file('temporal.toml', '[profile.default]\napi_key = "s3cret\naddress = "x"\n');
    const said = mistake({ TEMPORAL_CONFIG_FILE: broken });
    expect(said).toContain('TEMPORAL_CONFIG_FILE');
    expect(said).not.toContain('s3cret');
  });
});
