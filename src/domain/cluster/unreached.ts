import type { Node } from './topology.ts';

/** Containers by which meshes put themselves between a pod and the network: Istio, Linkerd, Kuma, Consul. */
const PROXIES = ['istio-proxy', 'linkerd-proxy', 'kuma-sidecar', 'consul-dataplane'];

/** The proxy of a mesh among a pod's containers; undefined where there is none. */
export function meshProxy(containers: readonly string[]): string | undefined {
  return containers.find((name) => PROXIES.includes(name));
}

/** A likely cause for no connection, beyond that the node is away, and its way out. */
export interface LikelyCause {
  /** A sentence after the message; empty where nothing is known. */
  readonly cause: string;
  readonly wayOut: string;
}

/**
 * What is between this process and a node that does not answer.
 * @param node with its proxy, where connections go through that
 */
export function likelyCause(node: Pick<Node, 'name' | 'proxy' | 'direct'> | undefined): LikelyCause {
  const { name, proxy, direct } = node ?? {};
  if (proxy !== undefined) {
    return {
      cause: ` Pod ${name} is in a mesh (${proxy}): with strict mTLS that refuses connections from outside it.`,
      wayOut:
        ' Let ports 8080 and 9042 of these pods be reached without mTLS: Istio by a PeerAuthentication with `portLevelMtls` PERMISSIVE, or the annotation `traffic.sidecar.istio.io/excludeInboundPorts: "8080,9042"`; Linkerd by `config.linkerd.io/skip-inbound-ports: "8080,9042"`. Or use `--cql-via port-forward`, which goes around the proxy and needs the rights of `kassette rbac --outside`.',
    };
  }
  if (!direct) return { cause: '', wayOut: '' };
  return {
    cause: '',
    wayOut:
      ' Where a NetworkPolicy closes the namespace, it must let kassette reach ports 8080 and 9042 of these pods.',
  };
}
