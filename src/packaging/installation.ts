import {
  builtinBinding,
  builtinOverride,
  datacenterBinding,
  datacenterBlueprint,
  hooksBlueprint,
  k8ssandraBlueprint,
} from './blueprints.ts';
import {
  commandRights,
  doctorDatacenterRights,
  doctorRights,
  k8ssandraRbac,
  serviceAccount,
} from './rbac.ts';
import { type Installation, taskSettings } from './settings.ts';

/** All objects of an installation, in the order in which they are to be made. */
export function installation(options: Installation): readonly object[] {
  const { namespace, kastenNamespace, mode } = options;
  const settings = taskSettings(options);
  return [
    serviceAccount(namespace),
    ...rights(options),
    ...(options.doctor ? doctorRights(namespace, kastenNamespace) : []),
    ...(mode === 'hooks'
      ? [hooks(options), ...overrides(options)]
      : [datacenterBlueprint(settings, kastenNamespace), datacenterBinding(kastenNamespace)]),
  ];
}

function hooks(options: Installation): object {
  const { kastenNamespace, k8ssandra } = options;
  const settings = taskSettings(options);
  return k8ssandra === undefined
    ? hooksBlueprint(settings, kastenNamespace)
    : k8ssandraBlueprint(settings, kastenNamespace, k8ssandra.cluster);
}

/** In each of the datacenters' namespaces, or once for the cluster. */
function rights(options: Installation): readonly object[] {
  const { namespace, datacenterNamespaces, secrets, doctor, k8ssandra } = options;
  if (k8ssandra !== undefined) {
    const account = { namespace, name: 'kassette' };
    const places = doctor ? [...k8ssandra.secrets.keys()] : [];
    return [
      ...k8ssandraRbac({ ...k8ssandra, account }),
      ...places.flatMap((place) => doctorDatacenterRights({ account: namespace, namespace: place })),
    ];
  }
  const places = datacenterNamespaces === 'all' ? [{}] : datacenterNamespaces.map((n) => ({ namespace: n }));
  return places.flatMap((place) => [
    ...commandRights({ account: namespace, secrets, ...place }),
    ...(doctor ? doctorDatacenterRights({ account: namespace, ...place }) : []),
  ]);
}

/** Every version by its name, and one binding: that holds whatever name the built-in one has. */
function overrides(options: Installation): readonly object[] {
  const { kastenNamespace, builtinVersions } = options;
  const last = builtinVersions.at(-1);
  return [
    ...builtinVersions.map((v) => builtinOverride(taskSettings(options), kastenNamespace, v)),
    ...(last === undefined ? [] : [builtinBinding(kastenNamespace, last)]),
  ];
}
