import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Places } from '../places.ts';

/** What the kubelet, kube-proxy and the network plugin change for the whole machine. */
const CHANGED = [
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'kernel/panic',
  'kernel/panic_on_oops',
  'net/bridge/bridge-nf-call-ip6tables',
  'net/bridge/bridge-nf-call-iptables',
  'net/ipv4/conf/all/route_localnet',
  'net/ipv4/ip_forward',
  'net/ipv6/conf/all/forwarding',
  'net/netfilter/nf_conntrack_max',
  'net/netfilter/nf_conntrack_tcp_timeout_close_wait',
  'net/netfilter/nf_conntrack_tcp_timeout_established',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
];

/** Notes the machine's settings, then sets the two without which pods do not reach services. */
export function prepareKernel(places: Places): void {
  const before = CHANGED.filter((name) => existsSync(file(name))).map((name) => [name, read(name)]);
  writeFileSync(places.kernelSettings, JSON.stringify(Object.fromEntries(before), null, 2));
  set('net/ipv4/ip_forward', '1');
  // Pods are on one bridge: without this, answers from a service's pod would keep the pod's address.
  if (existsSync(file('net/bridge/bridge-nf-call-iptables'))) set('net/bridge/bridge-nf-call-iptables', '1');
}

export function restoreKernel(places: Places): void {
  if (!existsSync(places.kernelSettings)) return;
  const before = JSON.parse(readFileSync(places.kernelSettings, 'utf8')) as Record<string, string>;
  for (const [name, value] of Object.entries(before)) {
    if (existsSync(file(name)) && read(name) !== value) set(name, value);
  }
}

const file = (name: string): string => `/proc/sys/${name}`;
const read = (name: string): string => readFileSync(file(name), 'utf8').trim();
const set = (name: string, value: string): void => writeFileSync(file(name), value);
