/**
 * Whether a machine refuses a volume because it has another file system of the same UUID mounted: XFS does that with a clone or a
 * restored snapshot beside its original. The kernel's log says so; what `mount` prints, and CSI drivers pass on, is only this.
 */
export function isSameFileSystem(message: string): boolean {
  const isXfs = /-t xfs\b|\bxfs\b/i.test(message);
  return (
    /duplicate UUID/i.test(message) || (isXfs && /wrong fs type|bad superblock|File exists/i.test(message))
  );
}

/** Whether it is about mounting, and not about attaching, which waits for other machines to let go. */
export function isMountFailure(message: string): boolean {
  return /^MountVolume\.\S+ failed/.test(message);
}

export const NOUUID =
  'An XFS volume and its clone have the same UUID, and one machine mounts only one of them. Have clones mounted with the option `nouuid`: `mountOptions: [nouuid]` in the StorageClass that they are made with, or a CSI driver that sets it. Or let the clone be used on a machine without the original.';
