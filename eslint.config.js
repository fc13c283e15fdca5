import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Every exception to the strict preset stands here, with its reason; a suppression in a file carries its own. */
export default defineConfig(
  globalIgnores(['dist/', '.build-*/', '.tally/', 'coverage/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A number in a template needs no conversion.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => close()` is our usual short form where a function without a result is wanted.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // The methods of a port are asynchronous, also in an adapter whose driver answers at once.
      '@typescript-eslint/require-await': 'off',
      // An empty body says "nothing to do": a machine's named effects, a fake's method.
      '@typescript-eslint/no-empty-function': 'off',
      // Ports are made by factories without `this`, so their methods may be passed on alone.
      '@typescript-eslint/unbound-method': 'off',
      // Only a type alias counts as a JSON object; an interface has no index signature.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // A JSON value refers to itself, which `Record` cannot.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // A flag that other code sets during an `await` looks constant to the checker.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // XState infers an effect's parameters from the assertion that this calls unnecessary.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // A leading underscore marks a name that is unused on purpose.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `env['NAME']` marks a key that comes from outside.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // `||` on purpose: an empty string counts as absent.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true, number: true } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['src/main.ts', 'src/cli/**', 'src/simulator/main.ts', 'test/**', 'bench/**', 'scripts/**'],
    // Entry points hand the environment to the configuration, and tests set it for child processes.
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['src/{livekit,simulator}/**', 'test/{livekit,simulator}/**'],
    // LiveKit fills deprecated members for old clients, and old servers fill nothing else.
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      // The body of an HTTP answer is `any`; the test's expectations check it.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      // Some test data are numbers outside an enum.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
    },
  },
  {
    files: ['*.config.ts'],
    // Tools want a default export.
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    extends: [tseslint.configs.recommended],
    rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
);
