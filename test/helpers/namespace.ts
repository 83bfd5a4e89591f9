// A network of its own for a test's processes: loopback, and one way to everywhere else that leads nowhere and counts.
// What tries to leave is seen by the kernel's counters, whatever program it is and whether or not it tells.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { startCommand, type Running } from './cli.ts';

export type Traffic = {
  /** Packets that left for anywhere but loopback. */
  readonly left: number;
  /** Datagrams that were sent, to loopback as well: questions to name servers are such. */
  readonly datagrams: number;
  /** TCP connections that were tried, and those that a listener in here took. */
  readonly opened: number;
  readonly taken: number;
  /** The side that was asked, `ADDRESS:PORT`, of each TCP connection that is or was until a minute ago. */
  readonly asked: readonly string[];
};

export type Namespace = {
  start(
    path: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
  ): Running;
  /** What there was since it was opened; read without a process in it. */
  traffic(): Promise<Traffic>;
  /** Ends it; what still runs in it has no network any more, and is the caller's to end. */
  close(): Promise<void>;
};

// Without addresses of its own making and without neighbours, the way out is silent until somebody uses it.
const setup = `
set -e
ip link set lo up
ip link add out0 type dummy 2>/dev/null || {
  ip link add out0 type veth peer name out1
  ip link set out1 addrgenmode none
  ip link set out1 up
}
ip link set out0 addrgenmode none arp off
ip link set out0 up
ip address add 198.51.100.1/32 dev out0
ip route add default dev out0
if [ -e /proc/net/if_inet6 ]; then
  ip address add 2001:db8::1/128 dev lo
  ip -6 route add default dev out0
fi
echo ready
exec cat
`;

/** How to get one: as root, or in a user namespace, where every user is root. */
const ways = [
  { unshare: ['--net'], nsenter: ['--net'] },
  { unshare: ['--user', '--map-root-user', '--net'], nsenter: ['--user', '--preserve-credentials', '--net'] },
] as const;

/** @throws Error that says what is missing here */
export async function openNamespace(): Promise<Namespace> {
  const refusals: string[] = [];
  for (const way of ways) {
    const holder = spawn('unshare', [...way.unshare, 'sh', '-c', setup], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    });
    const words: string[] = [];
    holder.stderr.setEncoding('utf8').on('data', (text: string) => words.push(text));
    const ended = once(holder, 'close');
    try {
      await Promise.race([once(holder.stdout, 'data'), ended.then(() => Promise.reject(new Error('ended')))]);
    } catch (error) {
      refusals.push(`unshare ${way.unshare.join(' ')}: ${words.join('').trim() || String(error)}`);
      continue;
    }
    const { pid } = holder;
    if (pid === undefined) throw new Error('the holder of the network namespace has no process id');
    return {
      start: (path, args, options) =>
        startCommand('nsenter', ['--target', `${pid}`, ...way.nsenter, '--', path, ...args], options),
      traffic: () => readTraffic(`/proc/${pid}/net`),
      close: async () => {
        holder.stdin.end();
        await ended;
      },
    };
  }
  throw new Error(
    `no network namespace can be made here, so nothing is proven: ${refusals.join('; ')}. It needs Linux with ` +
      'unshare and nsenter (Debian: apt-get install util-linux), ip (apt-get install iproute2), and root or user ' +
      'namespaces for everybody (sysctl kernel.unprivileged_userns_clone=1, ' +
      'kernel.apparmor_restrict_unprivileged_userns=0).',
  );
}

/** @param folder `/proc/PID/net` of a process in the network */
export async function readTraffic(folder: string): Promise<Traffic> {
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(`${folder}/${name}`, 'utf8');
    } catch (error) {
      // A kernel without IPv6.
      if (name.endsWith('6')) return '';
      throw error;
    }
  };
  const [dev = '', snmp = '', snmp6 = '', tcp = '', tcp6 = ''] = await Promise.all(
    ['dev', 'snmp', 'snmp6', 'tcp', 'tcp6'].map(read),
  );
  const fourth = (name: string): number =>
    Number(new RegExp(String.raw`^${name}\s+(\d+)$`, 'mu').exec(snmp6)?.[1] ?? 0);
  return {
    left: Number(/^\s*out0:(?:\s*\d+){8}\s+\d+\s+(\d+)/mu.exec(dev)?.[1]),
    datagrams:
      counterOf(snmp, 'Udp', 'OutDatagrams') +
      counterOf(snmp, 'UdpLite', 'OutDatagrams') +
      fourth('Udp6OutDatagrams') +
      fourth('UdpLite6OutDatagrams'),
    // Both count IPv6 as well.
    opened: counterOf(snmp, 'Tcp', 'ActiveOpens'),
    taken: counterOf(snmp, 'Tcp', 'PassiveOpens'),
    asked: askedOf([...socketsOf(tcp), ...socketsOf(tcp6)]),
  };
}

/** A counter of `/proc/net/snmp`: two lines a protocol, names and values. */
function counterOf(snmp: string, protocol: string, name: string): number {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(' '));
  const value = Number(values[names.indexOf(name)]);
  if (Number.isNaN(value)) throw new Error(`the kernel counts no ${protocol} ${name}`);
  return value;
}

type Socket = { readonly local: string; readonly remote: string; readonly isListening: boolean };

/** The rows of `/proc/net/tcp` and `tcp6`; state 0A listens. */
function socketsOf(table: string): readonly Socket[] {
  return [...table.matchAll(/^\s*\d+: ([\dA-F]+:[\dA-F]+) ([\dA-F]+:[\dA-F]+) ([\dA-F]{2}) /gmu)].map(
    ([, local = '', remote = '', state]) => ({
      local: endpointOf(local),
      remote: endpointOf(remote),
      isListening: state === '0A',
    }),
  );
}

/** Addresses stand there in words of the machine's order: little-endian on all that this runs on. */
function endpointOf(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const words = address.match(/.{8}/gu) ?? [];
  const bytes = Buffer.concat(words.map((word) => Buffer.from(word, 'hex').toReversed()));
  const isV4 = bytes.length === 4 || bytes.toString('hex').startsWith('00000000000000000000ffff');
  const shown = isV4
    ? bytes.subarray(-4).join('.')
    : `[${(bytes.toString('hex').match(/.{4}/gu) ?? []).join(':')}]`;
  return `${shown}:${Number.parseInt(port, 16)}`;
}

function askedOf(sockets: readonly Socket[]): readonly string[] {
  const listening = new Set(sockets.filter(({ isListening }) => isListening).map(({ local }) => local));
  const portsOfAll = new Set(
    [...listening].filter((local) => /^(?:0\.0\.0\.0|\[[0:]+\]):/u.test(local)).map((local) => portOf(local)),
  );
  const asked = sockets
    .filter(({ isListening }) => !isListening)
    .map(({ local, remote }) => (listening.has(local) || portsOfAll.has(portOf(local)) ? local : remote));
  return [...new Set(asked)].toSorted();
}

function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(':') + 1);
}
