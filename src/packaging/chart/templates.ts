import {
  builtinBinding,
  builtinOverride,
  datacenterBinding,
  datacenterBlueprint,
  hooksBlueprint,
} from '../blueprints.ts';
import { policy } from '../policy.ts';
import { commandRights, doctorDatacenterRights, doctorRights, serviceAccount } from '../rbac.ts';
import {
  MARGIN_MINUTES,
  MARGIN_SECONDS,
  type Mode,
  otherNamespaceArgument,
  pullSecretArgument,
  type TaskSettings,
} from '../settings.ts';
import type { Expressions } from './expressions.ts';

/** Objects, and the lines of Helm around them. */
export interface Part {
  readonly objects: readonly object[];
  readonly before?: string;
  readonly after?: string;
}

const IF_HOOKS = '{{- if eq .Values.mode "hooks" }}';
const END = '{{- end }}';

/** The chart's templates by name: the objects of `installation` and `policy`, with expressions for what may be chosen. */
export function templates(helm: Expressions): ReadonlyMap<string, readonly Part[]> {
  const account = helm.value('$.Release.Namespace');
  const kasten = helm.value('$.Values.kastenNamespace');
  const settings = taskSettings(helm);
  const place = helm.value('.');
  const version = helm.value('.');
  const lastVersion = helm.value('last .Values.builtinVersions');
  return new Map<string, readonly Part[]>([
    ['service-account.yaml', [{ objects: [serviceAccount(account)] }]],
    ['rights.yaml', rights(helm, account, place)],
    [
      'doctor.yaml',
      [{ before: '{{- if .Values.doctor }}', objects: doctorRights(account, kasten), after: END }],
    ],
    ['hooks.yaml', [{ before: IF_HOOKS, objects: [hooksBlueprint(settings, kasten)], after: END }]],
    [
      'builtin.yaml',
      [
        {
          before: `${IF_HOOKS}\n{{- range .Values.builtinVersions }}`,
          objects: [builtinOverride(settings, kasten, version)],
          after: END,
        },
        {
          before: '{{- if .Values.builtinVersions }}',
          objects: [builtinBinding(kasten, lastVersion)],
          after: `${END}\n${END}`,
        },
      ],
    ],
    [
      'datacenter.yaml',
      [
        {
          before: '{{- if eq .Values.mode "datacenter" }}',
          objects: [datacenterBlueprint(settings, kasten), datacenterBinding(kasten)],
          after: END,
        },
      ],
    ],
    ['policy.yaml', [policyPart(helm, kasten, 'hooks'), policyPart(helm, kasten, 'datacenter')]],
  ]);
}

const JOB_VALUES = [
  ['requests', '--job-request'],
  ['limits', '--job-limit'],
  ['labels', '--job-label'],
  ['annotations', '--job-annotation'],
] as const;

function taskSettings(helm: Expressions): TaskSettings {
  return {
    namespace: helm.value('$.Release.Namespace'),
    image: helm.value('$.Values.image | quote'),
    imagePullSecrets: helm.optional('$.Values.imagePullSecrets'),
    jobArguments: [
      helm.each('$.Values.imagePullSecrets', pullSecretArgument('{{ .name }}')),
      ...JOB_VALUES.map(([value, option]) =>
        helm.each(
          `$name, $value := $.Values.jobs.${value}`,
          `{{ printf "${option}=%s=%v" $name $value | quote }}`,
        ),
      ),
      helm.each('compact (list $.Values.jobs.user)', '{{ printf "--job-user=%s" . | quote }}'),
    ],
    otherNamespaceArguments: [helm.each('$.Values.datacenterNamespaces', otherNamespaceArgument('{{ . }}'))],
    placement: {
      tolerations: helm.optional('$.Values.tolerations'),
      nodeSelector: helm.optional('$.Values.nodeSelector'),
      priorityClassName: helm.optional('$.Values.priorityClassName'),
    },
    resources: helm.value('toJson $.Values.resources'),
    deadlineSeconds: helm.value(`sub (mul $.Values.hookMinutes 60) ${MARGIN_SECONDS}`),
    timeout: `${helm.value(`sub $.Values.hookMinutes ${MARGIN_MINUTES}`)}m`,
    abandonAfter: `${helm.value('$.Values.abandonAfterHours')}h`,
    keep: helm.value('$.Values.keep'),
  };
}

const refusal = (condition: string, message: string) =>
  `{{- if ${condition} }}{{ fail ${JSON.stringify(message)} }}{{- end }}`;

/** What values have to be chosen, and which contradict each other. */
const REFUSALS = [
  refusal(
    'not (or .Values.datacenterNamespaces .Values.clusterWide)',
    'Name the namespaces of the datacenters: --set datacenterNamespaces={cass-operator}. The rights hold in these alone. (clusterWide=true grants them in every namespace of the cluster.)',
  ),
  refusal(
    'and .Values.datacenterNamespaces .Values.clusterWide',
    'Either name the namespaces of the datacenters (datacenterNamespaces) or set clusterWide, not both.',
  ),
  refusal(
    'not (or .Values.secrets .Values.allSecrets)',
    'Name the secrets that the datacenters use: --set secrets={dse-superuser}. `kassette rbac --namespace NAME` shows them. (allSecrets=true grants reading every secret of those namespaces.)',
  ),
  refusal(
    'and .Values.secrets .Values.allSecrets',
    'Either name the secrets (secrets) or set allSecrets, not both.',
  ),
].join('\n');

function rights(helm: Expressions, account: string, place: string): readonly Part[] {
  const secrets = helm.unless('$.Values.allSecrets', 'toJson $.Values.secrets');
  const doctor = '{{- if $.Values.doctor }}';
  return [
    { before: REFUSALS, objects: [] },
    { before: '{{- if .Values.clusterWide }}', objects: commandRights({ account, secrets }) },
    { before: doctor, objects: doctorDatacenterRights({ account }), after: `${END}\n${END}` },
    {
      before: '{{- range .Values.datacenterNamespaces }}',
      objects: commandRights({ account, secrets, namespace: place }),
    },
    {
      before: doctor,
      objects: doctorDatacenterRights({ account, namespace: place }),
      after: `${END}\n${END}`,
    },
  ];
}

function policyPart(helm: Expressions, kastenNamespace: string, mode: Mode): Part {
  const value = (name: string) => helm.value(`.Values.policy.${name} | quote`);
  const object = policy({
    kastenNamespace,
    name: value('name'),
    namespace: helm.value('.Values.policy.namespace'),
    profile: value('profile'),
    frequency: value('frequency'),
    retention: helm.value('toJson .Values.policy.retention'),
    mode,
  });
  return {
    before: `{{- if and .Values.policy.enabled (eq .Values.mode "${mode}") }}`,
    objects: [object],
    after: END,
  };
}
