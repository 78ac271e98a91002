import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { classArchivePath, classSharingOptions, wholeLines } from '../../../lab/cassandra/class-archive.ts';
import { cassandraArguments } from '../../../lab/cassandra/command-line.ts';

function libraries(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'kassette-libraries-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const name of ['jamm-0.4.jar', 'other.jar']) writeFileSync(join(directory, name), name);
  return directory;
}

test('an archive is for one Java and for the jars that it was made from', async (t) => {
  const directory = libraries(t);
  const path = await classArchivePath('/cache', '17.0.15', directory);
  assert.match(path, /^\/cache\/archive-[0-9a-f]{12}\/classes\.jsa$/);
  assert.equal(await classArchivePath('/cache', '17.0.15', directory), path);
  const otherJava = await classArchivePath('/cache', '17.0.16', directory);
  utimesSync(join(directory, 'other.jar'), 1, 1);
  const otherTime = await classArchivePath('/cache', '17.0.15', directory);
  writeFileSync(join(directory, 'added.jar'), '');
  const otherJars = await classArchivePath('/cache', '17.0.15', directory);
  assert.equal(new Set([path, otherJava, otherTime, otherJars].map((p) => dirname(p))).size, 4);
});

test('a start uses the archive where there is one, else it lists what it loads', (t) => {
  const directory = libraries(t);
  const sharing = { archive: join(directory, 'classes.jsa'), list: '/run/classes.list' };
  assert.deepEqual(classSharingOptions(undefined), []);
  assert.deepEqual(classSharingOptions(sharing), ['-XX:DumpLoadedClassList=/run/classes.list']);
  writeFileSync(sharing.archive, '');
  assert.deepEqual(classSharingOptions(sharing), [
    '-Xshare:auto',
    `-XX:SharedArchiveFile=${sharing.archive}`,
  ]);
});

test('a list that Java goes on writing is taken to its last whole line', () => {
  assert.equal(wholeLines('java/lang/Object\njava/lang/Str'), 'java/lang/Object\n');
  assert.equal(wholeLines('java/lang/Obj'), '');
});

test('the libraries are first in the class path, and what they are archived by is on the command line', (t) => {
  const directory = libraries(t);
  const command = {
    ...{ java: 'java', javaMajor: 17, libraries: directory, classPath: ['/classes', '/http.jar'] },
    ...{ configuration: '/conf', jolokiaAgent: '/jolokia.jar', jolokiaProperties: '/run/jolokia.properties' },
    ...{ storage: '/volume', temporary: '/run/tmp', heapMegabytes: 512, options: [] },
  };
  const args = cassandraArguments(command);
  assert.deepEqual(args.slice(-3), ['-cp', `${directory}/*:/classes:/http.jar:/conf`, 'kassette.Cassandra']);
  const classSharing = { archive: '/none.jsa', list: '/run/classes.list' };
  const added = cassandraArguments({ ...command, classSharing }).filter((arg) => !args.includes(arg));
  assert.deepEqual(added, classSharingOptions(classSharing));
});
