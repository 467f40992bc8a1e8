// The architecture as data: who may import whom, which packages stand where, how large files may be, which names and calls are
// banned, and that documents name files that exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folder → what it may import; `T:` marks folders it may take types from only. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'engine/base': [],
  'engine/isa': ['engine/base'],
  'engine/abi': ['engine/base'],
  'engine/object': ['engine/base', 'engine/isa', 'engine/abi'],
  'engine/compiler': ['engine/base', 'engine/isa', 'engine/abi', 'engine/object'],
  'engine/language': ['engine/base', 'engine/abi', 'engine/compiler'],
  'engine/verifier': ['engine/base', 'engine/isa', 'engine/abi', 'engine/object'],
  'engine/vm': ['engine/base', 'engine/isa', 'engine/abi', 'engine/object', 'T:engine/verifier'],
  'engine/maps': ['engine/base', 'engine/abi', 'T:engine/object', 'T:engine/vm'],
  'engine/trace': ['engine/base'],
  'engine/tc': ['engine/base', 'engine/abi', 'T:engine/object', 'engine/vm', 'engine/maps', 'engine/trace'],
  'engine/sim': ['engine/base', 'engine/abi', 'T:engine/object', 'engine/vm', 'engine/maps', 'engine/trace', 'engine/tc'],
  engine: [
    'engine/base',
    'engine/isa',
    'engine/abi',
    'engine/object',
    'engine/compiler',
    'engine/language',
    'engine/verifier',
    'engine/vm',
    'engine/maps',
    'engine/trace',
    'engine/tc',
    'engine/sim',
  ],
  link: ['engine/base'],
  worker: ['engine/base', 'engine', 'T:engine/abi', 'T:engine/sim'],
  'ui/store': ['engine/base', 'engine/trace', 'engine/abi', 'T:engine', 'T:engine/sim', 'worker', 'link', 'ui/drawings'],
  'ui/editor': ['engine/base', 'engine/abi', 'engine/trace', 'T:engine', 'T:worker', 'ui/store', 'ui/components'],
  'ui/panes': [
    'engine/base',
    'engine/abi',
    'engine/trace',
    'T:engine',
    'T:engine/sim',
    'T:worker',
    'ui/store',
    'ui/drawings',
    'ui/components',
    'ui/editor',
    'link',
  ],
  'ui/drawings': ['engine/base', 'engine/trace', 'T:engine'],
  'ui/components': ['T:ui/drawings', 'engine/base'],
  ui: ['ui/store', 'ui/panes', 'ui/components', 'ui/editor', 'worker', 'T:engine'],
};

/** Third-party package → the only folders it may be imported in. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  comlink: ['worker'],
  'd3-': ['ui/drawings'],
  d3: ['ui/drawings'],
  'monaco-editor': ['ui/editor'],
  fflate: ['link'],
  valibot: ['engine/sim'],
};

/** `helper` alone is a kernel word (a BPF helper); a file named `helpers` says nothing. */
const BANNED_NAMES = /(^|[-/])(utils?|helpers|common|misc)([-./]|$)/;
/** Pure tables and generated text that may be longer than 800 lines, each with its reason. */
const LONG_FILES: readonly string[] = ['src/engine/verifier/messages.ts'];

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
  });
const sources = files('src').filter((path) => !/\.test\.tsx?$/.test(path) && !path.endsWith('.d.ts'));
/** The key of ALLOWED a file belongs to: two levels for engine and ui, one otherwise. */
const partOf = (path: string): string => {
  const [top = '', next = ''] = relative('src', path).split('/');
  return ALLOWED[`${top}/${next}`] !== undefined ? `${top}/${next}` : top;
};

interface Import {
  readonly from: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const found: Import[] = [];
  const pattern =
    /(?:^|\n)(?:import|export)\s+(type\s+)?([^;'"=]*?)\s*from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|new URL\(\s*'(\.[^']+\.ts)'/g;
  for (const match of text.matchAll(pattern)) {
    const target = match[3] ?? match[4] ?? match[5] ?? match[6] ?? '';
    const named = /^\{([^}]*)\}$/.exec((match[2] ?? '').trim())?.[1];
    const allTypes = named?.split(',').every((item) => item.trim() === '' || item.trim().startsWith('type '));
    found.push({ from: path, target, typeOnly: match[1] !== undefined || allTypes === true });
  }
  return found;
}

describe('architecture', () => {
  it('imports go only where the table allows', () => {
    const wrong: string[] = [];
    for (const item of sources.flatMap(importsOf)) {
      if (!item.target.startsWith('.')) continue;
      const path = normalize(join(dirname(item.from), item.target.replace(/\?.*$/, '')));
      if (!path.startsWith('src/') || !/\.tsx?$/.test(path)) continue;
      const [from, to] = [partOf(item.from), partOf(path)];
      if (from === to) continue;
      if (path.startsWith('src/engine/unverified') && !item.from.startsWith('src/engine/unverified'))
        wrong.push(`${item.from} imports the unverified machine`);
      const allowed = ALLOWED[from] ?? [];
      if (!allowed.includes(to) && !(item.typeOnly && allowed.includes(`T:${to}`)))
        wrong.push(`${item.from} → ${path}${item.typeOnly ? ' (types)' : ''}`);
    }
    expect(wrong).toEqual([]);
  });

  it('packages stand where they belong', () => {
    const wrong: string[] = [];
    for (const { from, target } of sources.flatMap(importsOf)) {
      if (target.startsWith('.')) continue;
      const rule = Object.entries(PACKAGES).find(
        ([name]) => target === name || target.startsWith(`${name}/`) || (name.endsWith('-') && target.startsWith(name)),
      );
      if (rule !== undefined && !rule[1].includes(partOf(from))) wrong.push(`${from} imports ${target}`);
      if (from.startsWith('src/engine') && !['valibot'].includes(target)) wrong.push(`${from} imports ${target}`);
    }
    expect(wrong).toEqual([]);
  });

  it('files are small: none over 800 lines, nine of ten under 450', () => {
    const sizes = sources.map((path) => [path, readFileSync(path, 'utf8').split('\n').length] as const);
    expect(sizes.filter(([path, lines]) => lines > 800 && !LONG_FILES.includes(path))).toEqual([]);
    const large = sizes.filter(([, lines]) => lines > 450).length;
    expect(large / sizes.length).toBeLessThan(0.1);
  });

  it('no file has a name that says nothing', () => {
    expect([...sources, ...files('bin'), ...files('tests')].filter((path) => BANNED_NAMES.test(path))).toEqual([]);
  });

  it('every file begins by saying what it is', () => {
    expect(sources.filter((path) => !/^(\/\/|\/\*)/.test(readFileSync(path, 'utf8')))).toEqual([]);
  });

  it('the engine has no clock, no chance and no outside world', () => {
    const banned =
      /\b(Date\.now|new Date|performance\.|Math\.random|setTimeout|setInterval|toLocale\w+|document\.|window\.|process\.|Math\.(exp|log|pow|sin|cos|tan)\b)/;
    const wrong = sources
      .filter((path) => path.startsWith('src/engine'))
      .flatMap((path) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .map((line, index) => [`${path}:${index + 1}`, line.replace(/\/\/.*$|^\s*\*.*$|\/\*.*?\*\//g, '')] as const)
          .filter(([, line]) => banned.test(line))
          .map(([place]) => place),
      );
    expect(wrong).toEqual([]);
  });

  it('no code is made from text, no markup is set as HTML', () => {
    const banned = /\beval\(|new Function\(|dangerouslySetInnerHTML|\.innerHTML\s*=/;
    expect(sources.filter((path) => banned.test(readFileSync(path, 'utf8')))).toEqual([]);
  });

  it('documents name files that exist', () => {
    const documents = ['README.md', ...(existsSync('docs') ? readdirSync('docs').map((name) => join('docs', name)) : [])].filter(
      (path) => path.endsWith('.md') && existsSync(path),
    );
    const missing: string[] = [];
    for (const path of documents) {
      const text = readFileSync(path, 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)) {
        if (!existsSync(join(dirname(path), target))) missing.push(`${path} → ${target}`);
      }
      for (const [, target = ''] of text.matchAll(/`((?:src|tests|bin|scripts|bench|docs|public)\/[\w./-]+\.\w+)`/g)) {
        if (!existsSync(target)) missing.push(`${path} → ${target}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
