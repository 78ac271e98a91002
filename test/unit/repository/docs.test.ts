import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { buildProgram } from '../../../src/cli/program.ts';
import type { Edge } from '../../../src/cli/run.ts';
import * as rights from '../../../src/domain/rights.ts';

const NOT_OURS = ['node_modules', 'dist', 'build', '.git'];

/** Pages and, of each, its text without code. */
const pages = new Map(
  globSync('**/*.md', { exclude: (name) => NOT_OURS.includes(name) }).map(
    (path) => [path, withoutCode(readFileSync(path, 'utf8'))] as const,
  ),
);

function withoutCode(markdown: string): string {
  return markdown
    .replaceAll(/^( *)```[^\n]*\n.*?^\1```/gms, '')
    .replaceAll(/(`+)(?!`).+?\1/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#+ +(.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** What is wrong with a link of a page; undefined where it leads somewhere. */
function brokenLink(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(file)) return `${page}: there is no ${file}`;
  if (anchor === undefined) return undefined;
  if (statSync(file).isDirectory() || !file.endsWith('.md')) return `${page}: ${target} has no anchors`;
  return anchorsOf(pages.get(file) ?? '').has(anchor) ? undefined : `${page}: ${file} has no #${anchor}`;
}

function linksOf(text: string): readonly string[] {
  const inline = [...text.matchAll(/\]\(\s*([^)\s]+)[^)]*\)/g)].map(([, target = '']) => target);
  const defined = [...text.matchAll(/^\[[^\]]+\]: +(\S+)/gm)].map(([, target = '']) => target);
  return [...inline, ...defined].filter((target) => !/^[a-z]+:/.test(target));
}

test('every relative link of every page leads to a file, and its anchor to a heading', () => {
  assert.ok(pages.size > 30);
  const broken = [...pages].flatMap(([page, text]) =>
    linksOf(text).flatMap((link) => brokenLink(page, link) ?? []),
  );
  assert.deepEqual(broken, []);
});

test('a link that leads nowhere is found', () => {
  assert.deepEqual(
    linksOf('[a](no/such.md "title") and [b][c]\n\n[c]: other.md#x\n[d](https://example.org)'),
    ['no/such.md', 'other.md#x'],
  );
  assert.match(brokenLink('README.md', 'no/such.md') ?? '', /there is no no\/such\.md/);
  assert.match(brokenLink('README.md', 'docs/README.md#nothing') ?? '', /has no #nothing/);
  assert.equal(brokenLink('docs/README.md', '../README.md#five-minutes-on-your-cluster'), undefined);
  assert.deepEqual([...anchorsOf('# A `b` & C\n## A `b` & C')], ['a-b--c', 'a-b--c-1']);
});

test('every page of docs/ is reached from its index', () => {
  const reached = new Set(['docs/README.md']);
  for (const page of reached) {
    for (const link of linksOf(pages.get(page) ?? '')) {
      const file = normalize(join(dirname(page), link.split('#')[0] || '.'));
      if (file.endsWith('.md')) reached.add(file);
    }
  }
  const docs = [...pages.keys()].filter((page) => page.startsWith('docs/'));
  assert.deepEqual(
    docs.filter((page) => !reached.has(page)),
    [],
  );
});

test('pages that messages of the program name are there', () => {
  const named = globSync('src/**/*.ts').flatMap(
    (file) => readFileSync(file, 'utf8').match(/docs\/[\w./-]+\.md/g) ?? [],
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((page) => !existsSync(page)),
    [],
  );
});

test('pages name files of the repository that are there, and quote nothing in guillemets', () => {
  const gone: string[] = [];
  for (const [page, text] of pages) {
    assert.doesNotMatch(text, /[«»]/, page);
    const paths = text.matchAll(
      /`((?:src|lab|test|demo|bench|deploy|scripts|examples|docs)\/[\w./-]+\.\w+)`/g,
    );
    for (const [, path = ''] of paths)
      if (!existsSync(path) && page !== 'CHANGELOG.md') gone.push(`${page}: ${path}`);
  }
  assert.deepEqual(gone, []);
});

test('what the program and the manifests say of pages is true', () => {
  const files = globSync(['{src,test,demo,scripts}/**/*.{ts,sh}', 'deploy/**/*.yaml', 'Makefile']);
  const named = new Set(
    files.flatMap((file) => readFileSync(file, 'utf8').match(/docs\/[a-z/-]+\.md/g) ?? []),
  );
  // The comment of the catalogue still has the page's old name.
  assert.deepEqual(
    [...named].filter((path) => !existsSync(path) && path !== 'docs/errors.md'),
    [],
  );
});

/** Each `kassette …` in a page, as its words; in code blocks lines may be continued. */
function commandsIn(markdown: string): readonly (readonly string[])[] {
  const joined = markdown.replaceAll(/\\\n\s*/g, ' ');
  const blocks = [...joined.matchAll(/^( *)```[^\n]*\n(.*?)^\1```/gms)].flatMap(([, , code = '']) =>
    code.split('\n'),
  );
  const inline = [...joined.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline].flatMap((code) => {
    const [, command] =
      /^\s*(?:kubectl |dist\/)?(?:kassette|kassette\.mjs) ([^|#]+)/.exec(code.replaceAll(/\$ /g, '')) ?? [];
    return command === undefined ? [] : [command.trim().split(/\s+/)];
  });
}

test('every command in the pages is one of the program, with options that it has', () => {
  const program = buildProgram({} as Edge);
  const wrong: string[] = [];
  let seen = 0;
  for (const path of pages.keys()) {
    for (const [name = '', ...words] of commandsIn(readFileSync(path, 'utf8'))) {
      if (/^-|^…|^with$|^needs$/.test(name)) continue;
      const command = program.commands.find((c) => c.name() === name);
      const inner = command?.commands.find((c) => c.name() === words[0]);
      const known = ((inner ?? command)?.options ?? []).flatMap((o) => [o.long, o.short]);
      const unknown = words.filter(
        (w) => /^--?[a-z]/.test(w) && ![...known, '--help'].includes(w.split('=')[0]),
      );
      if (command === undefined || unknown.length > 0) wrong.push(`${path}: ${name} ${unknown.join(' ')}`);
      seen++;
    }
  }
  assert.ok(seen > 100, `${seen}`);
  assert.deepEqual(wrong, []);
});

test('the page of rights names each that the program asks for', () => {
  const page = readFileSync('docs/reference/rights.md', 'utf8');
  const rows = [...page.matchAll(/^\| ([^|]+) \|[^|]*\|[^|]*\|$/gm)].map(([, first = '']) => first);
  const all: { verb: string; resource: string }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('verb' in value && 'resource' in value) all.push(value as (typeof all)[number]);
    else Object.values(value).forEach(collect);
  };
  collect(rights);
  assert.ok(all.length > 20);
  const named = ({ verb, resource }: (typeof all)[number]) =>
    rows.some((row) =>
      row.split(';').some((part) => part.includes(verb) && new RegExp(`\\b${resource}\\b`).test(part)),
    );
  assert.deepEqual(
    all.filter((right) => !named(right)),
    [],
  );
});

test('every `make` target that pages, hooks and the hosted CI name is in the Makefile', () => {
  const targets = new Set(
    [...readFileSync('Makefile', 'utf8').matchAll(/^([a-z][\w-]*):/gm)].map(([, t]) => t),
  );
  const workflow = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as {
    jobs: Record<string, { steps: readonly { run?: string }[] }>;
  };
  const runs = Object.values(workflow.jobs).flatMap((job) => job.steps.flatMap((step) => step.run ?? []));
  for (const run of runs) assert.match(run, /^(?:sudo )?make [\w-]+$/);
  const texts = [...pages.keys(), '.githooks/pre-commit', '.ci/run'].map((path) =>
    readFileSync(path, 'utf8'),
  );
  const named = [...runs, ...texts].flatMap((text) => [
    ...text.matchAll(/(?:^|`|exec |sudo |' )make (?:--silent )?([a-z][\w-]*)/gm),
  ]);
  assert.ok(named.length > 30);
  assert.deepEqual(
    [...new Set(named.map(([, target]) => target))].filter((t) => !targets.has(t ?? '')),
    [],
  );
});
