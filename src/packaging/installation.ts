import {
  builtinBinding,
  builtinOverride,
  datacenterBinding,
  datacenterBlueprint,
  hooksBlueprint,
} from './blueprints.ts';
import { commandRights, doctorDatacenterRights, doctorRights, serviceAccount } from './rbac.ts';
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
      ? [hooksBlueprint(settings, kastenNamespace), ...overrides(options)]
      : [datacenterBlueprint(settings, kastenNamespace), datacenterBinding(kastenNamespace)]),
  ];
}

/** In each of the datacenters' namespaces, or once for the cluster. */
function rights({ namespace, datacenterNamespaces, secrets, doctor }: Installation): readonly object[] {
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
