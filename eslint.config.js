/** House rules that a machine can check. Which folder may import which is in `.dependency-cruiser.cjs`. */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Where a process meets the outside: configuration and output belong here and nowhere else. */
const EDGES = ['src/main/**', 'src/cli/**', 'scripts/**', 'bin/**', 'test/**', 'bench/**', 'examples/**'];
const CONFIGS = ['*.config.js', '*.config.mjs', '**/*.config.ts', '.dependency-cruiser.cjs'];

const EXPORTS = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'ExportAllDeclaration', message: 'Name what a barrel exports.' },
];
const ENVIRONMENT = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'The environment is read in src/main; pass the value.',
  },
  {
    selector: "ImportDeclaration[source.value=/^(node:)?process$/] ImportSpecifier[imported.name='env']",
    message: 'The environment is read in src/main; pass the value.',
  },
];
/** `Date.now()` stays allowed: inside a workflow it is the workflow's time. */
const DETERMINISM = [
  { selector: "NewExpression[callee.name='Date']", message: 'Calendars depend on the machine; keep ms.' },
  {
    selector: 'CallExpression[callee.property.name=/^toLocale|^localeCompare$/]',
    message: 'Locales differ between machines; compare code units.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Ids and jitter of a workflow come from its state.',
  },
];
/** Allowed by the sandbox's types or patched by it, and wrong all the same. */
const SANDBOX_GLOBALS = [
  ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
    name,
    message: 'Use `sleep` or `condition`: they are durable and can be cancelled.',
  })),
  ...['process', 'Buffer', 'require', 'fetch', 'crypto', 'performance', 'console', 'Intl'].map((name) => ({
    name,
    message: 'Workflows are deterministic: pass the value in, or ask an activity.',
  })),
  ...['WeakRef', 'FinalizationRegistry'].map((name) => ({
    name,
    message: 'Garbage collection is not replayed.',
  })),
];

export default defineConfig(
  // Examples with packages of their own are compiled by their tests, which install them.
  globalIgnores(['dist/', 'coverage/', '.convoke/', 'console/dist/', 'examples/0[689]-*/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 60 }],
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      'no-restricted-syntax': ['error', ...EXPORTS, ...ENVIRONMENT],
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => socket.close()` is how a callback is written; what it returns is ignored by its type.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // `while (true)` with an exit inside is how a loop over a stream is written.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Ports answer with promises; an async function without await turns a throw into a rejection.
      '@typescript-eslint/require-await': 'off',
      // Types and interfaces say different things here: unions and mapped types are types, shapes are interfaces.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // `Record` cannot refer to itself, as JSON does.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
    },
  },
  { files: EDGES, rules: { 'no-restricted-syntax': ['error', ...EXPORTS], 'no-console': 'off' } },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...EXPORTS, ...ENVIRONMENT, ...DETERMINISM],
      'no-restricted-globals': ['error', ...SANDBOX_GLOBALS],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:', message: 'The workflow sandbox has no Node.' }] },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A describe callback holds a whole file; `max-lines` bounds it.
      'max-lines-per-function': 'off',
      // A missing element fails the test, which is what is wanted.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `expect(object.method)` does not call the method.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // What `convoke new` writes: it reads as people write it.
    files: ['templates/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'URLSearchParams',
          'fetch',
          'Response',
          'AbortController',
          'AbortSignal',
          'TextDecoder',
        ]
          .concat([
            'setTimeout',
            'clearTimeout',
            'setInterval',
            'clearInterval',
            'setImmediate',
            'structuredClone',
            'performance',
          ])
          .concat(['module', 'require', '__dirname'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: CONFIGS,
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
