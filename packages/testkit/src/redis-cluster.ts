import { askRedis, untilRedis } from './ask-redis.ts';
import { freePort } from './free-port.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** A Redis cluster for tests: three nodes without replicas. */
export interface TestRedisCluster {
  /** Names two of the nodes, from which a client discovers the third. */
  readonly url: string;
  readonly nodes: readonly TestRedis[];
  /** The node that has the slot of a key. The first node, which is asked, must be running. */
  readonly nodeOf: (key: string) => Promise<TestRedis>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const slots = 16_384;

interface StartedNode {
  readonly node: TestRedis;
  /** The port for clients and for the other nodes. */
  readonly port: number;
  readonly bus: number;
}

const startNode = async (tls: readonly string[] | undefined): Promise<StartedNode> => {
  const [bus, tlsPort] = [await freePort(), await freePort()];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', '500'];
  const secure = tls === undefined ? [] : ['--tls-port', `${tlsPort}`, '--tls-cluster', 'yes', ...tls];
  const node = await startRedis({ args: [...cluster, '--cluster-require-full-coverage', 'no', ...secure] });
  return { node, bus, port: tls === undefined ? node.port : tlsPort };
};

/** The first slot of a node. */
const startOf = (position: number, nodes: number): number => Math.floor((slots / nodes) * position);

/** Starts a cluster, with TLS when `tls` has the arguments for it. The cluster is ready when this resolves. */
export const startRedisCluster = async (tls?: readonly string[]): Promise<TestRedisCluster> => {
  const started = await Promise.all([startNode(tls), startNode(tls), startNode(tls)]);
  const nodes = started.map(({ node }) => node);
  const meetings = started.map(({ port, bus }) => `CLUSTER MEET 127.0.0.1 ${port} ${bus}`);
  for (const [position, { port }] of nodes.entries()) {
    const range = `${startOf(position, nodes.length)} ${startOf(position + 1, nodes.length) - 1}`;
    await askRedis(port, `CLUSTER SET-CONFIG-EPOCH ${position + 1}`, `CLUSTER ADDSLOTSRANGE ${range}`);
  }
  const [first] = nodes;
  if (first === undefined) throw new Error('The cluster has no node');
  await askRedis(first.port, ...meetings);
  const isWhole = (info: string): boolean =>
    /cluster_state:ok/.test(info) && /cluster_slots_ok:16384/.test(info) && /known_nodes:3/.test(info);
  await Promise.all(nodes.map(({ port }) => untilRedis(port, ['CLUSTER INFO'], isWhole)));
  const hosts = started.map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}+cluster://${hosts.slice(0, 2).join(',')}`,
    nodes,
    nodeOf: async (key) => {
      const slot = Number(/:(\d+)/.exec(await askRedis(first.port, `CLUSTER KEYSLOT ${key}`))?.[1]);
      return nodes.findLast((_node, position) => startOf(position, nodes.length) <= slot) ?? first;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
};
