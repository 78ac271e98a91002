import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { Right } from '../../../domain/rights.ts';
import { call } from './calls.ts';
import type { Connection } from './connection.ts';

/** As what is kassette's alone, whoever wrote fields of it before. */
export const APPLY = { fieldManager: 'kassette', force: true } as const;

export const applying = () => setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);

/** Make the ConfigMap what it is to be, whether it is there or not. */
export async function applyConfigMap(
  { core, namespace }: Pick<Connection, 'core' | 'namespace'>,
  right: Right,
  body: { readonly metadata: { readonly name: string } },
): Promise<void> {
  const { name } = body.metadata;
  await call(right, namespace, () =>
    core.patchNamespacedConfigMap({ name, namespace, body, ...APPLY }, applying()),
  );
}
