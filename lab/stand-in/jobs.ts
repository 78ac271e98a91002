import { randomUUID } from 'node:crypto';

/** A job as the management API shows it: times in milliseconds, as text. */
export interface Job {
  readonly id: string;
  readonly type: string;
  readonly status: 'WAITING' | 'COMPLETED' | 'ERROR';
  readonly submit_time: string;
  readonly end_time: string;
  readonly error: string | null;
  readonly status_changes: readonly never[];
}

const KEPT = 1000;
const jobs = new Map<string, Job>();

/** Lets `work` go on by itself and gives the id under which its outcome can be asked for; `ended` is never rejected. */
export function startJob(
  type: string,
  work: () => Promise<unknown>,
): { readonly id: string; readonly ended: Promise<unknown> } {
  const job: Job = {
    id: randomUUID(),
    type,
    status: 'WAITING',
    submit_time: String(Date.now()),
    end_time: '0',
    error: null,
    status_changes: [],
  };
  jobs.set(job.id, job);
  const end = (outcome: Pick<Job, 'status' | 'error'>) =>
    jobs.set(job.id, { ...job, ...outcome, end_time: String(Date.now()) });
  const ended = work().then(
    () => end({ status: 'COMPLETED', error: null }),
    (error: unknown) => end({ status: 'ERROR', error: causeOf(error) }),
  );
  forgetOldest();
  return { id: job.id, ended };
}

/** `java.lang.IllegalArgumentException: Keyspace nope does not exist`, as the management API has it; Jolokia puts a blank more. */
function causeOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^(\S+) : /, '$1: ');
}

export function findJob(id: string): Job | undefined {
  return jobs.get(id);
}

function forgetOldest(): void {
  for (const id of jobs.keys()) {
    if (jobs.size <= KEPT) return;
    jobs.delete(id);
  }
}
