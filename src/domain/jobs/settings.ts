import { type PodUser, parseUser, userText } from './pod-user.ts';

/** Names and values: `{ cpu: '50m' }`. */
export type Named = Readonly<Record<string, string>>;

/** What may be chosen about the pods of kassette's Jobs. */
export interface JobSettings {
  /** Quantities by resource; an empty one leaves that resource out. What is not named is as kassette has it. */
  readonly requests: Named;
  readonly limits: Named;
  readonly labels: Named;
  readonly annotations: Named;
  /** Undefined for that of the datacenter's pods. */
  readonly user: PodUser | undefined;
}

export const NO_SETTINGS: JobSettings = {
  requests: {},
  limits: {},
  labels: {},
  annotations: {},
  user: undefined,
};

export interface Resources {
  readonly requests: Named;
  readonly limits: Named;
}

/** A quota that names a resource wants it from every container; so all four are there, the limit of CPU, too. */
export const CLEAN_RESOURCES: Resources = {
  requests: { cpu: '50m', memory: '128Mi' },
  limits: { cpu: '1', memory: '512Mi' },
};
/** A machine that has little left beside Cassandra has to do. */
export const CLONE_RESOURCES: Resources = {
  requests: { cpu: '10m', memory: '32Mi' },
  limits: { cpu: '1', memory: '512Mi' },
};

export function resourcesOf({ requests, limits }: JobSettings, defaults: Resources): Resources {
  return {
    requests: withoutEmpty({ ...defaults.requests, ...requests }),
    limits: withoutEmpty({ ...defaults.limits, ...limits }),
  };
}

function withoutEmpty(named: Named): Named {
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== ''));
}

/**
 * What keeps meshes from putting a proxy into a pod that needs none: Istio and what is built of it (label; the annotation is of
 * its older releases), its ambient mode, Linkerd, Kuma, Consul. The Jobs work on a volume; a proxy that never ends is only in their way.
 */
export const NO_MESH = {
  labels: {
    'sidecar.istio.io/inject': 'false',
    'istio.io/dataplane-mode': 'none',
    'kuma.io/sidecar-injection': 'disabled',
  },
  annotations: {
    'sidecar.istio.io/inject': 'false',
    'linkerd.io/inject': 'disabled',
    'consul.hashicorp.com/connect-inject': 'false',
  },
} as const;

/** `cpu=500m`; null for what does not have that form. The value may be empty. */
export function parseNamed(text: string): readonly [string, string] | null {
  const at = text.indexOf('=');
  return at <= 0 ? null : [text.slice(0, at), text.slice(at + 1)];
}

const OPTIONS = {
  requests: '--job-request',
  limits: '--job-limit',
  labels: '--job-label',
  annotations: '--job-annotation',
} as const;

/** The settings as options, each one word, so that there is none where nothing is set. */
export function jobArguments(settings: JobSettings): readonly string[] {
  const { user } = settings;
  return [
    ...Object.entries(OPTIONS).flatMap(([key, option]) =>
      Object.entries(settings[key as keyof typeof OPTIONS]).map(([n, v]) => `${option}=${n}=${v}`),
    ),
    ...(user === undefined ? [] : [`--job-user=${userText(user)}`]),
  ];
}

/** What the options of a command line say, as `jobArguments` writes them. */
export function settingsOf(words: readonly string[]): JobSettings {
  const of = (option: string) =>
    words.filter((w) => w.startsWith(`${option}=`)).map((w) => w.slice(option.length + 1));
  const named = (option: string) =>
    Object.fromEntries(of(option).flatMap((t) => [parseNamed(t)].filter((p) => p !== null)));
  const [user] = of('--job-user');
  return {
    requests: named(OPTIONS.requests),
    limits: named(OPTIONS.limits),
    labels: named(OPTIONS.labels),
    annotations: named(OPTIONS.annotations),
    user: user === undefined ? undefined : (parseUser(user) ?? undefined),
  };
}
