/** Compiles samples of documents strictly, against the sources. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT, type Sample } from './documents.ts';

/** What a document's other files are, if it does not show them. */
const CONFIG = `import { defineConfig } from 'convoke';\nexport default defineConfig({});\n`;

/** What samples take for granted: the reader's own. */
const AMBIENT = `
declare const expect: typeof import('@jest/globals').expect;
declare const test: typeof import('@jest/globals').test;
declare const payments: { refund(order: object, options: object): Promise<string> };
declare const token: string;
declare function fetchToken(): Promise<string>;
declare function render(view: import('@convoke/client/contracts').SessionView): void;
declare function write(agent: string, text: string): void;
declare function clear(step: string): void;
`;

/** Every entry of the packages, from its source. */
function sources(): Readonly<Record<string, readonly string[]>> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly types: string }>>;
  };
  const entries = Object.entries(exports).map(([path, { types }]): [string, string[]] => [
    path.replace('.', 'convoke'),
    [types.replace('./dist/', './').replace(/\.d\.ts$/, '.ts')],
  ]);
  const named = Object.fromEntries(entries);
  const { 'convoke/client': client = [], 'convoke/contracts': contracts = [] } = named;
  const { 'convoke/client/presence': presence = [], 'convoke/client/files': clientFiles = [] } = named;
  const { 'convoke/client/feedback': feedback = [] } = named;
  const { 'convoke/client/react': react = [] } = named;
  return {
    ...named,
    ...{ '@convoke/client': client, '@convoke/client/contracts': contracts },
    '@convoke/client/presence': presence,
    '@convoke/client/files': clientFiles,
    '@convoke/client/feedback': feedback,
    '@convoke/client/react': react,
  };
}

/** What is wrong with each, with the line in the document. A block that begins with a comment `// name.ts` is a file of that name beside the others of its document. */
export function compileSamples(samples: readonly Sample[]): ReadonlyMap<Sample, readonly string[]> {
  const ambient = join(ROOT, 'docs', '.samples', 'ambient.d.ts');
  const files = new Map([[ambient, AMBIENT]]);
  const places = new Map<string, Sample>();
  for (const sample of samples) {
    const path = pathOf(sample, places);
    places.set(path, sample);
    const config = join(dirname(path), 'convoke.config.ts');
    if (!files.has(config)) files.set(config, CONFIG);
    // The compiler takes a file without import or export for a script, whose names are everybody's.
    files.set(path, /^(import|export) /m.test(sample.code) ? sample.code : `${sample.code}\nexport {};\n`);
  }
  const options = compilerOptions();
  const program = ts.createProgram([...files.keys()], options, hostOf(files, options));
  return new Map(
    [...places].map(([path, sample]) => {
      const source = program.getSourceFile(path);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [sample, found.map((each) => told(each, sample))];
    }),
  );
}

function pathOf({ document, language, line, code }: Sample, taken: ReadonlyMap<string, Sample>): string {
  const folder = join(dirname(document), `.samples-${relative(ROOT, document).replaceAll('/', '-')}`);
  const named = /^\/\/ ([\w.-]+\.(?:ts|tsx|js|mjs))$/m.exec(code.split('\n')[0] ?? '')?.[1];
  const path = join(folder, named ?? '');
  return named === undefined || taken.has(path) ? join(folder, `line-${line}.${language}`) : path;
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      ...{ noEmit: true, composite: false, declaration: false, sourceMap: false },
      ...{ allowJs: true, checkJs: true, noUnusedLocals: false, noUnusedParameters: false },
      jsx: 'react-jsx',
      ...{ types: ['node'], lib: ['ES2024', 'DOM', 'DOM.Iterable'] },
      paths: sources(),
    },
    ROOT,
  );
  return options;
}

function hostOf(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    getCurrentDirectory: () => ROOT,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    directoryExists: (path) =>
      [...files.keys()].some((file) => file.startsWith(`${path}/`)) || (host.directoryExists?.(path) ?? true),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, ...rest) => {
      const text = files.get(path);
      return text === undefined
        ? host.getSourceFile(path, ...rest)
        : ts.createSourceFile(path, text, rest[0], true);
    },
  };
}

function told({ messageText, file, start }: ts.Diagnostic, sample: Sample): string {
  const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0;
  return `line ${sample.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
