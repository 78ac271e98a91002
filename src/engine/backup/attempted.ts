import { randomUUID } from 'node:crypto';
import { renderAttempt } from '../../domain/backup/attempt.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import type { NoteName } from '../../ports/volumes.ts';
import { type CommonOptions, type RunnerOptions, runnerOf, type SharingOption } from '../options.ts';

/**
 * Do the work of a before-backup. A failure hook cannot know which run it belongs to where nothing identifies that, so such a run
 * leaves a note from its beginning until it has a backup: as long as the note is there, what is open is not that run's.
 */
export async function attempted<T>(
  ports: Ports,
  options: CommonOptions & RunnerOptions & SharingOption,
  work: () => Promise<T>,
): Promise<T> {
  const { run, hook } = runnerOf(options);
  const note = hook && run === null ? await leaveNote(ports, options) : null;
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await reportRefusal(ports, options, error);
    throw error;
  }
  if (note !== null) await removeNote(ports, note);
  return result;
}

interface Note {
  readonly node: Node;
  readonly name: NoteName;
}

/** On the first node that takes it; where the run is for one namespace, of that: its failure hook looks there. */
async function leaveNote(
  ports: Ports,
  { datacenters, forNamespace }: CommonOptions & SharingOption,
): Promise<Note | null> {
  const name: NoteName = `attempts/${randomUUID()}.json`;
  const found = await ports.datacenters.find(datacenters);
  let why = 'no node was found';
  const own = found.filter((d) => forNamespace === undefined || d.namespace === forNamespace);
  for (const node of own.flatMap((d) => d.nodes)) {
    try {
      await ports.volumes.writeNote(node, name, renderAttempt(ports.clock.now()));
      return { node, name };
    } catch (error) {
      why = messageOf(error);
    }
  }
  ports.progress.warn(`The note of this run for its failure hook could not be written: ${why}`);
  return null;
}

async function removeNote(ports: Ports, { node, name }: Note): Promise<void> {
  try {
    await ports.volumes.removeNotes(node, [name]);
  } catch (error) {
    ports.progress.warn(
      `The note of this run stays on ${node.name} for an hour, and a failure hook that runs until then leaves the backup open: ${messageOf(error)}`,
    );
  }
}

async function reportRefusal(ports: Ports, { datacenters }: CommonOptions, error: unknown): Promise<void> {
  if (!(error instanceof KassetteError) || !['BUSY', 'BACKUP_OPEN'].includes(error.code)) return;
  try {
    const found = await ports.datacenters.find(datacenters);
    await ports.events.report(found, 'BackupRefused', `No backup was made: ${error.message}`);
  } catch {
    // The refusal itself is what matters.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
