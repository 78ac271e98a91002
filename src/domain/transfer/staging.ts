/** Below a node's volume: files that came from elsewhere, until they are loaded. On one file system with the live ones. */
export const STAGING = 'kassette/staging';

/** Where the files of a table's directory of one backed-up node are staged. */
export function staged(hostId: string, directory: string): string {
  return `${STAGING}/${hostId}/${directory}`;
}

/** The table's directory that a staged one stands for; any other as it is. */
export function unstaged(directory: string): string {
  return directory.startsWith(`${STAGING}/`) ? directory.split('/').slice(3).join('/') : directory;
}
