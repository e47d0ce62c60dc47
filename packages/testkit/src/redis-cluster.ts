import { askRedis, untilRedis } from './ask-redis.ts';
import { freePort } from './free-port.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** A Redis cluster of the tests: three nodes, none of which has a replica. */
export interface TestRedisCluster {
  /** Names two of the nodes; they know the third. */
  readonly url: string;
  readonly nodes: readonly TestRedis[];
  /** The node that has the slot of a key; the first has to be there to say so. */
  readonly nodeOf: (key: string) => Promise<TestRedis>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const slots = 16_384;

const startNode = async (): Promise<{ readonly node: TestRedis; readonly bus: number }> => {
  const bus = await freePort();
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', '500'];
  const node = await startRedis({ args: [...cluster, '--cluster-require-full-coverage', 'no'] });
  return { node, bus };
};

/** Where the slots of a node begin. */
const startOf = (position: number, nodes: number): number => Math.floor((slots / nodes) * position);

/** Starts a cluster; it answers when this resolves. */
export const startRedisCluster = async (): Promise<TestRedisCluster> => {
  const started = await Promise.all([startNode(), startNode(), startNode()]);
  const nodes = started.map(({ node }) => node);
  const meetings = started.map(({ node, bus }) => `CLUSTER MEET 127.0.0.1 ${node.port} ${bus}`);
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
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `redis+cluster://${hosts.slice(0, 2).join(',')}`,
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
