import { NODE } from '../places.ts';

export const STORAGE_CLASS = 'kassette-local';

export interface ClaimName {
  readonly namespace: string;
  readonly name: string;
}

export const storageClass: object = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: STORAGE_CLASS },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
  reclaimPolicy: 'Retain',
};

/** A local volume at `path` of the node; with a claim, for that claim alone. */
export function persistentVolume(name: string, path: string, claim?: ClaimName): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      storageClassName: STORAGE_CLASS,
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [NODE] }] },
          ],
        },
      },
      ...(claim === undefined
        ? {}
        : { claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim } }),
    },
  };
}
