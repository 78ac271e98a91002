import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../../../src/domain/cluster/start-failure.ts';

const at = (level: string, text: string) => `${level}  [main] 2026-03-01 02:15:00,000 X.java:1 - ${text}`;
const BEGIN = [
  at('INFO', 'Configuration location: file:/config/cassandra.yaml'),
  at('INFO', 'JVM Arguments: [-XX:+ExitOnOutOfMemoryError]'),
].join('\n');
const say = (...lines: readonly string[]) => [BEGIN, ...lines].join('\n');

const DIRTY = {
  'a corrupt commit log': at(
    'ERROR',
    'Exiting due to error while processing commit log during initialization.',
  ),
  'a corrupt SSTable':
    'org.apache.cassandra.io.sstable.CorruptSSTableException: Corrupted: /data/a-Statistics.db',
  'torn schema tables': at('ERROR', 'No partition columns found for table ks.t in system_schema.columns.'),
};
const OTHER = {
  'a lack of memory': 'java.lang.OutOfMemoryError: Java heap space',
  'its configuration': 'org.apache.cassandra.exceptions.ConfigurationException: Invalid yaml',
  'an address that another node of the ring had before (delete the pod: the next one gets another address)':
    'java.lang.RuntimeException: A node with address /10.244.0.12:7000 already exists, cancelling join. Use cassandra.replace_address if you want to replace this node.',
  'the other nodes': 'java.lang.RuntimeException: Unable to gossip with any peers',
  'a full disk': 'java.io.IOException: No space left on device',
};

for (const [what, line] of Object.entries(DIRTY)) {
  test(`${what} is the volume's fault`, () => {
    assert.deepEqual(diagnose(say(line)), { dirty: true, what, evidence: line.trim() });
  });
}

for (const [what, line] of Object.entries(OTHER)) {
  test(`${what} is not, whatever is corrupt besides`, () => {
    assert.deepEqual(diagnose(say(DIRTY['a corrupt SSTable'], line)), { dirty: false, what, evidence: line });
  });
}

test('nothing is said of a start that goes on, of one that came up, or of an earlier one', () => {
  assert.equal(diagnose(''), null);
  assert.equal(diagnose(BEGIN), null);
  assert.equal(diagnose(DIRTY['a corrupt SSTable']), null, 'of whatever time that was');
  assert.equal(diagnose(say(DIRTY['a corrupt SSTable'], at('INFO', 'Startup complete'))), null);
  assert.equal(diagnose(`${say(DIRTY['a corrupt commit log'])}\n${BEGIN}`), null);
  assert.equal(diagnose(say(at('WARN', 'Harmless: CorruptSSTableException'))), null);
});
