// What processes use while something is done: memory from /proc/PID/status, CPU time from /proc/PID/stat.
import { readFile, writeFile } from 'node:fs/promises';

export type Usage = {
  /** The sum of the highest RSS of each process. */
  readonly peakMiB: number;
  /** The highest sum of RssAnon (what is not mapped from files) among the samples. */
  readonly peakAnonMiB: number;
  /** The sums at the end. */
  readonly endMiB: number;
  readonly endAnonMiB: number;
  readonly cpuSeconds: number;
};

const sampleMs = 100;
/** What the kernel counts CPU time in, on every Linux that Node runs on. */
const ticksPerSecond = 100;

type Memory = { readonly peak: number; readonly rss: number; readonly anon: number };

/** Watches from now on; the given function ends it. */
export async function watchUsage(pids: readonly number[]): Promise<() => Promise<Usage>> {
  // "5" sets the highest RSS back to that of now.
  await Promise.all(pids.map((pid) => writeFile(`/proc/${pid}/clear_refs`, '5')));
  const cpuBefore = await totalOf(pids, readCpuSeconds);
  let peakAnon = 0;
  const sample = async (): Promise<void> => {
    const anon = await totalOf(pids, async (pid) => (await readMemory(pid)).anon);
    peakAnon = Math.max(peakAnon, anon);
  };
  const timer = setInterval(() => void sample().catch(() => undefined), sampleMs);
  return async () => {
    clearInterval(timer);
    await sample();
    const memories = await Promise.all(pids.map(readMemory));
    const sum = (pick: (memory: Memory) => number): number =>
      memories.reduce((total, memory) => total + pick(memory), 0);
    return {
      peakMiB: sum(({ peak }) => peak),
      peakAnonMiB: peakAnon,
      endMiB: sum(({ rss }) => rss),
      endAnonMiB: sum(({ anon }) => anon),
      cpuSeconds: (await totalOf(pids, readCpuSeconds)) - cpuBefore,
    };
  };
}

async function totalOf(pids: readonly number[], read: (pid: number) => Promise<number>): Promise<number> {
  const values = await Promise.all(pids.map(read));
  return values.reduce((total, value) => total + value, 0);
}

async function readMemory(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(status)?.[1] ?? Number.NaN) / 1024;
  return { peak: mebibytes('VmHWM'), rss: mebibytes('VmRSS'), anon: mebibytes('RssAnon') };
}

/** User and system time since its start. */
export async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before them may hold spaces; utime and stime are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
