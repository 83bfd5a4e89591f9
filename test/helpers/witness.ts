// Preloaded (`node --import`) into a process whose network is watched: writes each peer that it connects to, each name
// that it looks up and each program that it starts into the file of SEALIFT_WITNESS, before the attempt is made.
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const file = process.env['SEALIFT_WITNESS'];
if (file === undefined) throw new Error('SEALIFT_WITNESS is not set');

function tell(line: string): void {
  appendFileSync(file ?? '', `${line}\n`);
}

/** Puts itself before a method; what the method is besides (its promisified form, its name) stays. */
function watch(owner: object, name: string, describe: (args: readonly unknown[]) => string): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') throw new Error(`there is no ${name} to watch`);
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    tell(describe(args));
    return Reflect.apply(original, this, args);
  };
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  Reflect.set(owner, name, watched);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : typeof value;
}

/** `connect(options)`, `connect(port, host)`, `connect(path)`, and the array that node itself hands over. */
function peerOf([first, second]: readonly unknown[]): string {
  if (Array.isArray(first)) return peerOf(first);
  const path = typeof first === 'string' && Number.isNaN(Number(first)) ? first : member(first, 'path');
  const port = member(first, 'port') ?? first;
  if (typeof path === 'string' && member(first, 'port') === undefined) return `unix ${path}`;
  const host = member(first, 'host') ?? (typeof second === 'string' ? second : 'localhost');
  return `tcp ${shown(host)}:${shown(port)}`;
}

watch(net.Socket.prototype, 'connect', peerOf);
watch(dgram.Socket.prototype, 'send', (args) => {
  const address = args.findLast((arg) => typeof arg === 'string');
  return `udp ${address ?? 'localhost'}`;
});
watch(dgram.Socket.prototype, 'connect', ([port, address]) => `udp ${shown(address)}:${shown(port)}`);
for (const owner of [dns, dnsPromises, dns.Resolver.prototype, dnsPromises.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(owner)) {
    if (!/^(?:lookup|lookupService|resolve\w*|reverse)$/u.test(name)) continue;
    watch(owner, name, ([asked]) => `dns ${shown(asked)}`);
  }
}
watch(childProcess.ChildProcess.prototype, 'spawn', ([options]) => `spawn ${shown(member(options, 'file'))}`);
for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
  watch(childProcess, name, ([path]) => `spawn ${shown(path)}`);
}
syncBuiltinESMExports();
tell('watching');
