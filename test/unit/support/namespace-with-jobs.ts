import {
  ApiException,
  type CoreV1Event,
  type V1Job,
  type V1PersistentVolumeClaim,
  type V1Pod,
} from '@kubernetes/client-node';
import type { Connection } from '../../../src/adapters/kubernetes/client/connection.ts';

/** What becomes of a Job that was created; asked at every look at its pod, with the number of looks so far. */
export type Course = (
  job: V1Job,
  looks: number,
) => { readonly pod?: V1Pod | undefined; readonly events?: readonly CoreV1Event[] };

const notFound = () => new ApiException(404, 'gone', '', {});

/**
 * A namespace whose Jobs get pods and events as a test says, in the forms of the API server, the Job controller and the kubelet of
 * Kubernetes 1.34. It keeps which Jobs were created and removed.
 */
export class NamespaceWithJobs {
  readonly created: V1Job[] = [];
  readonly removed: string[] = [];
  /** Whether events may be read. */
  mayReadEvents = true;
  /** Pods that no Job has. */
  pods: readonly V1Pod[] = [];
  claims: readonly V1PersistentVolumeClaim[] = [];
  log = '';
  readonly #course: Course;
  readonly #jobs = new Map<string, { job: V1Job; looks: number }>();

  constructor(course: Course) {
    this.#course = course;
  }

  get connection(): Connection {
    return {
      namespace: 'ns',
      inside: false,
      core: {
        listNamespacedPersistentVolumeClaim: async () => ({ items: this.claims }),
        listNamespacedPod: async (query: Record<string, string>) => ({ items: this.#podsOf(query) }),
        listNamespacedEvent: async ({ fieldSelector = '' }: { fieldSelector?: string }) => ({
          items: this.#events(fieldSelector),
        }),
        readNamespacedPodLog: async () => this.log,
      },
      batch: {
        createNamespacedJob: async ({ body }: { body: V1Job }) => this.#create(body),
        deleteNamespacedJob: async ({ name }: { name: string }) => {
          if (!this.#jobs.delete(name)) throw notFound();
          this.removed.push(name);
        },
        readNamespacedJob: async ({ name }: { name: string }) => {
          const { job } = this.#jobs.get(name) ?? {};
          if (job === undefined) throw notFound();
          return job;
        },
      },
    } as unknown as Connection;
  }

  #create(body: V1Job): V1Job {
    const name = body.metadata?.name ?? '';
    const job = {
      ...body,
      metadata: { ...body.metadata, name, uid: `uid-of-${name}-${this.created.length}` },
    };
    this.created.push(job);
    this.#jobs.set(name, { job, looks: 0 });
    return job;
  }

  #podsOf({ labelSelector = '' }: Record<string, string>): readonly V1Pod[] {
    const [, name] = /^job-name=(.+)$/.exec(labelSelector) ?? [];
    if (name === undefined) return this.pods;
    const entry = this.#jobs.get(name);
    if (entry === undefined) return [];
    const { pod } = this.#course(entry.job, entry.looks++);
    return pod === undefined ? [] : [pod];
  }

  #events(fieldSelector: string): readonly CoreV1Event[] {
    if (!this.mayReadEvents) throw new ApiException(403, 'events is forbidden', '', {});
    const [, uid] = /^involvedObject\.uid=(.+),type=Warning$/.exec(fieldSelector) ?? [];
    const all = [...this.#jobs.values()].flatMap(({ job, looks }) => this.#course(job, looks).events ?? []);
    return all.filter((e) => e.involvedObject.uid === uid && e.type === 'Warning');
  }
}

/** A pod of a Job as the Job controller makes it. */
export function podOf({ metadata, spec }: V1Job, status: V1Pod['status'], nodeName?: string): V1Pod {
  const { name = '', uid = '' } = metadata ?? {};
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true };
  return {
    metadata: {
      name: `${name}-abcde`,
      uid: `pod-of-${uid}`,
      labels: { ...spec?.template.metadata?.labels, 'job-name': name },
      ownerReferences: [owner],
    },
    spec: { ...(spec?.template.spec ?? { containers: [] }), ...(nodeName === undefined ? {} : { nodeName }) },
    ...(status === undefined ? {} : { status }),
  };
}

/** As the Job controller reports that the API server did not take its pod. */
export function failedCreate({ metadata }: V1Job, why: string): CoreV1Event {
  const { name = '', uid = '' } = metadata ?? {};
  return event({ kind: 'Job', name, uid, apiVersion: 'batch/v1' }, 'job-controller', {
    reason: 'FailedCreate',
    message: `Error creating: pods "${name}-" is forbidden: ${why}`,
  });
}

/** As the kubelet reports that it could not mount a pod's volume. */
export function failedMount({ metadata }: V1Pod, message: string): CoreV1Event {
  const { name = '', uid = '' } = metadata ?? {};
  return event({ kind: 'Pod', name, uid, apiVersion: 'v1' }, 'kubelet', { reason: 'FailedMount', message });
}

function event(
  about: { kind: string; name: string; uid: string; apiVersion: string },
  component: string,
  what: { readonly reason: string; readonly message: string },
): CoreV1Event {
  const now = new Date();
  return {
    ...what,
    metadata: { name: `${about.name}.17f0`, namespace: 'ns', creationTimestamp: now },
    involvedObject: { ...about, namespace: 'ns' },
    type: 'Warning',
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  };
}

/** Of a container that runs, in the kubelet's form. */
export function running(name: string, ready = true) {
  const state = { running: { startedAt: new Date() } };
  return { name, ready, started: true, state, image: name, imageID: `sha256:${name}`, restartCount: 0 };
}

export function ended(name: string, exitCode = 0, reason = exitCode === 0 ? 'Completed' : 'Error') {
  const state = { terminated: { exitCode, reason, startedAt: new Date(), finishedAt: new Date() } };
  return { ...running(name, false), started: false, state };
}

export function waiting(name: string, reason: string, message?: string) {
  const state = { waiting: { reason, ...(message === undefined ? {} : { message }) } };
  return { ...running(name, false), started: false, state, imageID: '' };
}
