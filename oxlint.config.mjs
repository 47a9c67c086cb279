import { defineConfig } from 'oxlint';

/** What each room of src/ may import; a room may always import from itself. docs/architecture.md explains the rooms. */
const layers = {
  core: [],
  math: ['core'],
  thresholds: ['core', 'math'],
  detectors: ['core', 'math', 'thresholds'],
  formats: ['core'],
  connectors: ['core', 'formats'],
  stores: ['core'],
  runtime: ['core', 'math'],
  incidents: ['core'],
  healing: ['core', 'incidents'],
  pipeline: ['core', 'math', 'thresholds', 'detectors', 'formats', 'connectors', 'stores', 'runtime', 'incidents', 'healing'],
  testing: ['core'],
  evaluation: ['core', 'math', 'thresholds', 'detectors', 'formats', 'connectors', 'stores', 'runtime', 'incidents', 'healing', 'pipeline', 'testing'],
  server: ['pipeline', 'core'],
  cli: ['server', 'evaluation', 'pipeline', 'core'],
};

/** Refuses every path that climbs out of the room and into one that it may not import. */
function layerRule(room, allowed) {
  const forbidden = Object.keys(layers).filter((other) => other !== room && !allowed.includes(other));
  const message = `src/${room} may import only: ${allowed.length > 0 ? allowed.join(', ') : 'nothing of ours'}.`;
  return {
    files: [`src/${room}/**/*.ts`],
    excludeFiles: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: `^(\\.\\.?/)+(${forbidden.join('|')})/`, message }] }] },
  };
}

export default defineConfig({
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['**/node_modules/**', 'dist', 'data', 'coverage', 'bench/out', 'examples/**/data', '**/fixtures/**'],
  rules: {
    eqeqeq: 'error',
    'prefer-const': 'error',
    'no-var': 'error',
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'anywhere' }],
    'import/no-cycle': ['error', { ignoreTypes: true }],
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    'typescript/consistent-return': 'off',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/unbound-method': 'off',
    'typescript/no-base-to-string': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-new-array': 'off',
    'unicorn/no-array-fill-with-reference-type': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/prefer-string-starts-ends-with': 'off',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    'no-shadow': 'off',
    'no-control-regex': 'off',
    'no-unmodified-loop-condition': 'off',
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
  },
  overrides: [
    ...Object.entries(layers).map(([room, allowed]) => layerRule(room, allowed)),
    {
      files: ['**/*.test.ts', '**/*.test.tsx', 'test/**'],
      plugins: ['vitest'],
      rules: {
        'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
        'max-lines-per-function': 'off',
        'vitest/no-focused-tests': 'error',
        'vitest/no-disabled-tests': 'error',
        'vitest/expect-expect': 'off',
        'vitest/valid-title': 'off',
        'vitest/no-conditional-tests': 'off',
        'vitest/require-to-throw-message': 'off',
        'typescript/no-misused-spread': 'off',
        'vitest/valid-expect': ['error', { maxArgs: 2 }],
        'vitest/no-standalone-expect': 'off',
        'typescript/no-meaningless-void-operator': 'off',
        'vitest/no-conditional-expect': 'off',
      },
    },
    // SQLite's history answers at once, behind a contract that also allows promises.
    { files: ['src/stores/sqlite/*.test.ts', 'test/process/stores.test.ts'], rules: { 'typescript/no-floating-promises': 'off' } },
    { files: ['**/*.mjs'], rules: { 'typescript/require-array-sort-compare': 'off' } },
    {
      files: ['web/**/*.ts', 'web/**/*.tsx'],
      excludeFiles: ['**/*.test.ts', '**/*.test.tsx', 'web/vite.config.ts'],
      rules: {
        'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }],
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                group: ['**/src/**', '!**/src/core/api.ts', '!**/src/core/contracts.ts', '!**/src/core/verdicts.ts'],
                message: 'The dashboard knows only the types of the API.',
              },
            ],
          },
        ],
      },
    },
  ],
});
