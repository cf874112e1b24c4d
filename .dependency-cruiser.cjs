/**
 * The walls: which folder may import which, and which packages. `npm run walls` checks them; ARCHITECTURE.md draws them.
 *
 * folders: other folders that it may import. npm: packages. core: Node modules; `true`: any, absent: none.
 */
const FLOOR_PLAN = {
  'src/contracts': { folders: [], npm: [] },
  workflows: { folders: ['src/contracts'], npm: ['@temporalio/workflow', '@temporalio/common'] },
  'src/fair': { folders: ['src/contracts'], npm: [], core: true },
  'src/tenants': { folders: ['src/contracts', 'src/archive'], npm: ['jose'], core: true },
  'src/seal': { folders: ['src/contracts', 'src/archive'], npm: [], core: true },
  'src/log': { folders: ['src/contracts'], npm: ['ioredis'], core: true },
  'src/quota': { folders: ['src/contracts', 'src/log'], npm: [], core: true },
  'src/telemetry': { folders: ['src/contracts'], npm: ['pino', '@opentelemetry/[^/]+'], core: true },
  'src/archive': {
    folders: ['src/contracts'],
    npm: ['pg'],
    core: ['node:sqlite', 'worker_threads', 'fs', 'path'],
  },
  'src/files': { folders: ['src/contracts', 'src/archive'], npm: ['aws4fetch'], core: true },
  activities: {
    folders: ['src/contracts', 'src/log', 'src/archive', 'src/files', 'src/telemetry'],
    npm: [
      '@temporalio/activity',
      '@temporalio/common',
      '@ai-sdk/[^/]+',
      'undici',
      'ajv',
      '@modelcontextprotocol/sdk',
    ],
    core: true,
  },
  'src/project': {
    folders: ['src/contracts', 'activities', 'src/telemetry'],
    npm: ['zod', 'jiti'],
    core: true,
  },
  'src/testing': {
    folders: ['src/contracts', 'src/log', 'workflows', 'activities', 'src/project'],
    npm: [],
    core: true,
  },
  'src/temporal': {
    folders: ['src/contracts'],
    npm: ['@temporalio/client', '@temporalio/common'],
    core: true,
  },
  'src/ingest': {
    folders: ['src/contracts', 'src/tenants', 'src/log', 'src/quota', 'src/temporal', 'src/telemetry'],
    npm: ['zod', 'ajv'],
    core: true,
  },
  'src/deliver': {
    folders: ['src/contracts', 'src/fair', 'src/log', 'src/archive', 'src/telemetry'],
    npm: [],
    npmTypes: true,
    core: true,
  },
  'src/gateway': {
    folders: [
      ...[
        'src/contracts',
        'src/fair',
        'src/tenants',
        'src/files',
        'src/ingest',
        'src/deliver',
        'src/telemetry',
      ],
    ],
    npm: [
      'express',
      'socket\\.io',
      'socket\\.io-parser',
      'zod',
      'zod-openapi',
      'helmet',
      'swagger-ui-dist',
      'range-parser',
      '@socket\\.io/redis-adapter',
    ],
    core: true,
  },
  'src/client': { folders: ['src/contracts'], npm: ['socket\\.io-client', 'react'] },
  'src/cli': { folders: ['src/contracts', 'src/client'], npm: ['commander'], core: true },
  console: { folders: ['src/contracts', 'src/client'], npm: ['react', 'react-dom', 'marked'] },
};

/** Every folder of code; a wall is what is left of this list without what is allowed. */
const FOLDERS = [...Object.keys(FLOOR_PLAN), 'src/main', 'test', 'bench', 'examples', 'scripts', 'bin'];

const inside = (folders) => `^(${folders.join('|')})/`;
const packages = (names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;
/** A package's own types come as `@types/…`. */
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'npm-bundled'];

const folderWall = ([folder, { folders }]) => ({
  name: `${folder}-folders`,
  comment: `${folder} may import ${folders.join(', ') || 'no other folder'}.`,
  severity: 'error',
  from: { path: inside([folder]) },
  to: { path: inside(FOLDERS), pathNot: inside([folder, ...folders]) },
});

const packageWall = ([folder, { npm, npmTypes }]) => ({
  name: `${folder}-packages`,
  comment: `${folder} may use ${npm.join(', ') || 'no package'}${npmTypes ? ', and types of any' : ''}.`,
  severity: 'error',
  from: { path: inside([folder]) },
  to: {
    dependencyTypes: NPM,
    ...(npm.length > 0 ? { pathNot: packages(npm) } : {}),
    ...(npmTypes ? { dependencyTypesNot: ['type-only'] } : {}),
  },
});

const coreWall = ([folder, { core }]) => ({
  name: `${folder}-core`,
  comment: `${folder} may use ${core ? core.join(', ') : 'no Node module'}.`,
  severity: 'error',
  from: { path: inside([folder]) },
  to: { dependencyTypes: ['core'], ...(core ? { pathNot: `^(${core.join('|')})$` } : {}) },
});

const plan = Object.entries(FLOOR_PLAN);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...plan.map(folderWall),
    ...plan.map(packageWall),
    ...plan.filter(([, { core }]) => core !== true).map(coreWall),
    {
      name: 'models-only-in-agents',
      comment: 'Only the runners in activities/agents know model SDKs.',
      severity: 'error',
      from: { path: '^activities/', pathNot: '^activities/agents/' },
      to: { path: packages(['@ai-sdk/[^/]+', 'undici']) },
    },
    {
      name: 'mcp-only-in-its-folder',
      comment: 'Only activities/tools/mcp knows the MCP SDK.',
      severity: 'error',
      from: { path: '^activities/', pathNot: '^activities/tools/mcp/' },
      to: { path: packages(['@modelcontextprotocol/sdk']) },
    },
    {
      name: 'customers-see-the-public-contracts',
      comment: 'The SDK and the examples use what `convoke/contracts` exports, as customers do.',
      severity: 'error',
      from: { path: inside(['src/client', 'examples', 'console']) },
      to: { path: inside(['src/contracts']), pathNot: '^src/contracts/public\\.ts$' },
    },
    {
      name: 'nothing-imports-the-outside',
      comment: 'Nothing imports tests, benchmarks, examples, scripts or commands.',
      severity: 'error',
      from: { path: inside(['src', 'workflows', 'activities', 'console']) },
      to: { path: inside(['test', 'bench', 'examples', 'scripts', 'bin']) },
    },
    {
      name: 'no-dev-packages-at-run-time',
      comment: 'What runs in production is a dependency, not a dev-dependency.',
      severity: 'error',
      from: { path: inside(['src', 'workflows', 'activities']) },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only', 'npm'],
        // A peer of the hooks, which nothing else here runs.
        pathNot: packages(['react']),
      },
    },
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module. Types may refer to each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.convoke|examples/0[689]-[^/]+)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.d.ts'],
    },
  },
};
