import type { Run } from '../../domain/last-runs.ts';

/** The last runs, where they outlast events, pods and the objects that a hook was called with. */
export interface RunNotes {
  /** The newest first; null where they cannot be read. Needs no right of those that change something. Never fails. */
  last(): Promise<readonly Run[] | null>;
  /**
   * Keep what is known of the run by now, in place of what was noted of it before; others may do the same for theirs at any moment. Takes
   * some seconds at most, and never fails: what cannot be noted is no reason to stop.
   */
  note(run: Run): Promise<void>;
}
