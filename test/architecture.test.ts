import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

interface Rule {
  imports?: string[];
  types?: string[];
  packages?: string[];
}

/**
 * The folders and their allowed imports. A folder may always import itself, `FOR_EVERYONE` and `FOLDER_FOR_EVERYONE`; a subfolder
 * that is not listed belongs to its parent. From the folders in `types` only ports and types may be imported: see `isTypesOnly`.
 */
const HOUSE: Record<string, Rule> = {
  'machines/kernel': { packages: ['xstate', 'lru-cache'] },
  'machines/ports': {},
  'machines/recording': { imports: ['machines/kernel', 'machines/ports'], packages: ['xstate'] },
  'machines/room': { imports: ['machines/kernel', 'machines/ports'], packages: ['xstate'] },
  'machines/reconcile': { imports: ['machines/kernel', 'machines/ports', 'machines/recording', 'machines/room'] },
  accounts: { imports: ['machines/ports'] },
  observability: { types: ['machines'] },
  livekit: { types: ['machines'], packages: ['livekit-server-sdk', '@livekit/protocol'] },
  simulator: {
    imports: ['config'],
    packages: ['@livekit/protocol', '@bufbuild/protobuf', '@aws-sdk/client-s3', 'mediabunny', 'zod'],
  },
  persistence: {
    imports: ['persistence/lmdb', 'persistence/mongo', 'persistence/files', 'persistence/redis', 'persistence/s3'],
    types: ['machines', 'accounts', 'notifications', 'jobs'],
  },
  'persistence/lmdb': { imports: ['persistence'], types: ['machines', 'accounts', 'notifications', 'jobs'], packages: ['lmdb'] },
  'persistence/mongo': {
    imports: ['persistence'],
    types: ['machines', 'accounts', 'notifications', 'jobs'],
    packages: ['mongoose'],
  },
  'persistence/files': { imports: ['persistence'], types: ['machines', 'accounts', 'notifications'] },
  'persistence/redis': { types: ['machines', 'jobs'], packages: ['ioredis', 'redlock'] },
  'persistence/s3': {
    imports: ['persistence'],
    types: ['machines'],
    packages: ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'],
  },
  notifications: { types: ['machines'] },
  http: {
    imports: ['machines', 'accounts', 'notifications'],
    packages: ['koa', '@koa/router', '@koa/bodyparser', 'raw-body', 'qs', 'zod'],
  },
  jobs: { imports: ['machines', 'accounts', 'notifications'], packages: ['bree'] },
  app: { imports: ['*'] },
  config: { packages: ['zod', 'fastest-levenshtein'] },
  cli: { imports: ['config', 'app'], packages: ['mediabunny'] },
};

/** The files directly in `src` and their allowed imports. */
const ROOT_FILES: Record<string, Rule> = {
  'errors.ts': {},
  'clock.ts': {},
  'concurrency.ts': {},
  'held-lock.ts': { types: ['jobs'] },
  'logging.ts': { packages: ['pino', 'pino-pretty'] },
  'redact.ts': { packages: ['pino'] },
  'outages.ts': {},
  'main.ts': { imports: ['*'] },
};
/** Every folder may import the types of this folder, because adapters are set up with them. */
const WORDS_FOR_EVERYONE = 'config';
const FOR_EVERYONE = ['errors.ts', 'clock.ts', 'concurrency.ts', 'held-lock.ts', 'logging.ts', 'redact.ts', 'outages.ts'];
const FOLDER_FOR_EVERYONE = 'observability';

/**
 * The modules of the machines that adapters may import: the files directly in a machine's folder, the ports, the kernel's document,
 * store and bus, and the conversion of documents of OpenVidu Meet.
 */
const VOCABULARY =
  /^machines\/((ports|recording|room)\/[^/]+|(recording|room)\/machine\/adopted|kernel\/(actor-store|document|event-bus))\.ts$/;

interface Import {
  /** The importing file, as a path below `src` with `/`. `to` is such a path too, or the name of a package. */
  from: string;
  to: string;
  isRelative: boolean;
  isTypeOnly: boolean;
  /** Whether the import is an `import()` call, which loads the target only when it runs. */
  isDynamic: boolean;
  names: string[];
}

const ROOT = path.resolve(import.meta.dirname, '..');
const SRC = path.join(ROOT, 'src');

const files = sourcesIn(SRC);
const imports = files.flatMap((name) => importsOf(path.join(SRC, name)));

/** The TypeScript files below a folder, as paths with `/`. */
function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(path.sep).join('/'));
}

function belowSrc(file: string): string {
  return path.relative(SRC, file).split(path.sep).join('/');
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Expression, isTypeOnly: boolean, names: string[], isDynamic = false) => {
    if (!ts.isStringLiteral(specifier) || specifier.text.startsWith('node:')) return;
    const isRelative = specifier.text.startsWith('.');
    const from = belowSrc(file);
    const to = isRelative
      ? path.posix.join(path.posix.dirname(from), specifier.text).replace(/\.js$/, '.ts')
      : specifier.text
          .split('/')
          .slice(0, specifier.text.startsWith('@') ? 2 : 1)
          .join('/');
    found.push({ from, to, isRelative, isTypeOnly, isDynamic, names });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings;
      const elements = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
      const isAllTypes =
        elements.length > 0 && node.importClause?.name === undefined && elements.every((each) => each.isTypeOnly);
      const isTypeOnly = isAllTypes || node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(
        node.moduleSpecifier,
        isTypeOnly,
        elements.map((each) => (each.propertyName ?? each.name).text),
      );
    }
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) add(node.moduleSpecifier, node.isTypeOnly, []);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0] !== undefined) {
      add(node.arguments[0], false, [], true);
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true, []);
    ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return found;
}

/** Finds the import cycles among the files below a folder, including type and dynamic imports. */
function circlesIn(folder: string): string[] {
  const sources = sourcesIn(folder).map((name) => path.join(folder, name));
  return circlesOf(new Map(sources.map((file) => [belowSrc(file), importsOf(file).map(({ to }) => to)])));
}

/** Finds cycles in a graph by a depth-first search. @returns one text per cycle found; empty exactly when there is no cycle */
function circlesOf(arrows: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const since = way.indexOf(file);
    if (since >= 0) circles.push([...way.slice(since), file].join(' -> '));
    if (since >= 0 || done.has(file)) return;
    for (const next of arrows.get(file) ?? []) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of arrows.keys()) walk(file, []);
  return circles;
}

/** The longest listed folder that contains a file. */
function folderOf(file: string): string | undefined {
  return Object.keys(HOUSE)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function isBelow(folder: string | undefined, allowed: readonly string[]): boolean {
  return folder !== undefined && allowed.some((each) => folder === each || folder.startsWith(`${each}/`));
}

function isTypesOnly({ to, isTypeOnly }: Import): boolean {
  return isTypeOnly || VOCABULARY.test(to);
}

function isAllowed(each: Import): boolean {
  const folder = folderOf(each.from);
  const rule = folder === undefined ? ROOT_FILES[each.from] : HOUSE[folder];
  if (rule === undefined) return false;
  if (rule.imports?.includes('*') === true) return true;
  if (!each.isRelative) return rule.packages?.includes(each.to) === true;
  const target = folderOf(each.to);
  if (target === undefined) return FOR_EVERYONE.includes(each.to) || rule.imports?.includes(each.to) === true;
  if (target === folder || target === FOLDER_FOR_EVERYONE) return true;
  // A parent folder in a rule includes all of its subfolders, except among the adapters in persistence.
  const imported = rule.imports ?? [];
  if (folder?.startsWith('persistence') === true ? imported.includes(target) : isBelow(target, imported)) return true;
  if (target === WORDS_FOR_EVERYONE && each.isTypeOnly) return true;
  return isBelow(target, rule.types ?? []) && isTypesOnly(each);
}

describe('the import table', () => {
  it('lists every folder of src and every file directly in src', () => {
    const unlisted = files.filter((file) => (file.includes('/') ? folderOf(file) === undefined : !(file in ROOT_FILES)));
    expect(unlisted).toStrictEqual([]);
  });

  it('allows every import in src', () => {
    const forbidden = imports.filter((each) => !isAllowed(each)).map(({ from, to }) => `${from} imports ${to}`);
    expect(forbidden).toStrictEqual([]);
  });

  it('finds the target file of every relative import', () => {
    const known = new Set(files);
    expect(imports.filter(({ isRelative, to }) => isRelative && !known.has(to))).toStrictEqual([]);
  });
});

describe('import cycles', () => {
  it.each(['src', 'bench'])('do not exist in %s, also not among type imports', (folder) => {
    expect(circlesIn(path.join(ROOT, folder))).toStrictEqual([]);
  });

  it('are found and reported by circlesOf', () => {
    const arrows = { a: ['b'], b: ['c', 'd'], c: ['d'], d: ['b'], e: ['a'], f: ['f'] };
    expect(circlesOf(new Map(Object.entries(arrows)))).toStrictEqual(['b -> c -> d -> b', 'f -> f']);
  });
});

describe('imports', () => {
  const isOfApp = (file: string) => folderOf(file) === 'app';
  const importers = (matches: (each: Import) => boolean) => [...new Set(imports.filter(matches).map(({ from }) => from))];

  it('never include createActor, because the kernel uses XState’s pure transition', () => {
    const creators = importers(({ to, names }) => to === 'xstate' && (names.includes('createActor') || names.length === 0));
    expect(creators).toStrictEqual([]);
  });

  it('of an adapter occur only in app and in persistence/index.ts, which choose the adapters', () => {
    const pickers = importers(
      (each) => isBelow(folderOf(each.to), ['persistence', 'livekit']) && folderOf(each.from) !== folderOf(each.to),
    );
    const others = pickers.filter((file) => !isOfApp(file) && file !== 'persistence/index.ts');
    expect(others.filter((file) => !isBelow(folderOf(file), ['persistence']))).toStrictEqual([]);
  });

  it('of a driver are dynamic, so that a start without that driver does not load it', () => {
    const drivers = ['mongoose', 'ioredis', 'redlock', '@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'];
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { from, to, isTypeOnly, isDynamic } of imports) if (from === file && !isTypeOnly && !isDynamic) load(to);
    };
    load('main.ts');
    load('simulator/main.ts');
    expect(loaded).toContain('app/app.ts');
    expect(drivers.filter((driver) => loaded.has(driver))).toStrictEqual([]);
  });

  it('of app occur only in main.ts, in the tests of app and in test/support', () => {
    const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.split(path.sep).includes('node_modules'))
      .flatMap((name) => importsOf(path.join(import.meta.dirname, name)))
      .map((each) => ({ ...each, from: each.from.replace(/^(\.\.\/)+/, ''), to: each.to.replace(/^(\.\.\/)*src\//, '') }));
    const users = [...imports, ...tests].filter(({ from, to }) => isOfApp(to) && !isOfApp(from)).map(({ from }) => from);
    expect(
      users.filter((file) => file !== 'main.ts' && !file.startsWith('test/app/') && !file.startsWith('test/support/')),
    ).toStrictEqual([]);
  });

  it('of a package name a direct dependency in package.json', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // Type imports are exempt: they vanish at run time, and LiveKit's message types use types of a transitive dependency.
    const phantom = imports.filter(
      (each) => !each.isRelative && !each.isTypeOnly && manifest.dependencies[each.to] === undefined,
    );
    expect(phantom.map(({ from, to }) => `${from} imports ${to}`)).toStrictEqual([]);
  });
});

describe('process.env', () => {
  it('is read only in config, in cli and in the entry points', () => {
    const isEnv = (node: ts.Node): boolean =>
      (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'process' && node.name.text === 'env') ||
      (ts.forEachChild(node, (child) => isEnv(child) || undefined) ?? false);
    const readers = files.filter((name) => isEnv(parse(path.join(SRC, name))));
    const entryPoints = ['main.ts', 'simulator/main.ts'];
    expect(
      readers.filter((file) => folderOf(file) !== 'config' && !entryPoints.includes(file) && folderOf(file) !== 'cli'),
    ).toStrictEqual([]);
  });
});
