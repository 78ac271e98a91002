import type { CoreV1Event } from '@kubernetes/client-node';
import { EXPLAINING, nameOfRight } from '../../../domain/rights.ts';
import type { Connection } from './connection.ts';

/** An event of type Warning about an object. */
export interface Warning {
  /** `FailedCreate`, `FailedMount`, … */
  readonly reason: string;
  /** On one line. */
  readonly message: string;
  /** Of the object. */
  readonly name: string;
  /** Names come again. */
  readonly uid: string;
}

const LONGEST = 700;

/** What is said where events may not be read. */
export const UNREAD = `its events cannot be read (\`${nameOfRight(EXPLAINING.events)}\`)`;

/** Warnings about an object, the latest last; null where they cannot be read: they only explain. */
export async function warningsOf(
  { core, namespace }: Pick<Connection, 'core' | 'namespace'>,
  about: { readonly uid: string } | { readonly kind: string },
): Promise<readonly Warning[] | null> {
  const object = 'uid' in about ? `involvedObject.uid=${about.uid}` : `involvedObject.kind=${about.kind}`;
  try {
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector: `${object},type=Warning` });
    return items
      .toSorted((a, b) => timeOf(a) - timeOf(b))
      .map(({ reason = '', message = '', involvedObject }) => ({
        reason,
        message: message.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST),
        name: involvedObject?.name ?? '',
        uid: involvedObject?.uid ?? '',
      }));
  } catch {
    return null;
  }
}

function timeOf({ series, lastTimestamp, eventTime, metadata }: CoreV1Event): number {
  const at = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata?.creationTimestamp;
  return at == null ? 0 : new Date(at).getTime();
}
