/** As whom a pod works on a volume; numbers of Linux. */
export interface PodUser {
  readonly runAsUser: number;
  /** Undefined for that of the image, or 0: as OpenShift's pods have it. */
  readonly runAsGroup?: number;
  /** The group of the volume's files. */
  readonly fsGroup: number;
  readonly supplementalGroups?: number[];
}

/** cass-operator's own, where a datacenter says nothing else. */
export const CASSANDRA_USER = { runAsUser: 999, runAsGroup: 999, fsGroup: 999 } as const satisfies PodUser;

/** `user 999 and group 999`. */
export function showUser({ runAsUser, runAsGroup, fsGroup }: PodUser): string {
  return `user ${runAsUser} and group ${runAsGroup ?? fsGroup}`;
}

/** `1000680000` or `1000680000:0` or `1000680000:0:1000680000`: user, group and the group of the volume. */
export function parseUser(text: string): PodUser | null {
  const [, user, group, volume] = /^(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text) ?? [];
  if (user === undefined) return null;
  return {
    runAsUser: Number(user),
    ...(group === undefined ? {} : { runAsGroup: Number(group) }),
    fsGroup: Number(volume ?? (group === undefined || group === '0' ? user : group)),
  };
}

/** The same as a text. */
export function userText({ runAsUser, runAsGroup, fsGroup }: PodUser): string {
  return runAsGroup === undefined ? `${runAsUser}` : `${runAsUser}:${runAsGroup}:${fsGroup}`;
}
