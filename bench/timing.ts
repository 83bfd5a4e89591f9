// Times of functions and of processes, each in turns with what it is compared to, so that a busy moment hits all of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export type Spread = { readonly p50: number; readonly p99: number };

/** Median and 99th percentile. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

const roundMs = 150;

/** Milliseconds of one call of each: medians of rounds in which all have their turn. */
export function timeCalls<Name extends string>(
  subjects: Readonly<Record<Name, () => unknown>>,
  { rounds = 7 }: { readonly rounds?: number } = {},
): Record<Name, number> {
  const names = Object.keys(subjects) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  // The first round is for the compiler.
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const call = subjects[name];
      const startMs = performance.now();
      let calls = 0;
      let endMs = startMs;
      while (endMs - startMs < roundMs) {
        call();
        calls += 1;
        endMs = performance.now();
      }
      if (round > 0) times.get(name)?.push((endMs - startMs) / calls);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

export type Command = {
  readonly path: string;
  readonly args: readonly string[];
  /** That of success, by default. */
  readonly exitCode?: number;
};

export type Cost = {
  readonly ms: number;
  /** Of the process and those that it waited for: it tells more than `ms` where the machine is busy. */
  readonly cpuMs: number;
  readonly peakMiB: number;
};

const gnuTime = '/usr/bin/time';

export type RunOptions = {
  /** Runs that count; one before them fills the caches of files, and alone is made where this is 0. */
  readonly runs: number;
  /** False leaves that one out, where it would take long and change little. */
  readonly warmsUp?: boolean;
  readonly cwd: string;
  /** Makes things ready, untimed. */
  readonly before?: (name: string) => Promise<void>;
};

/** Wall time and peak memory of processes: medians of `runs` in which all have their turn. */
export async function timeCommands<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  options: RunOptions,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(commands) as Name[];
  const subjects = Object.fromEntries(names.map((name) => [name, () => commands[name]]));
  return timeRuns(subjects as Record<Name, () => Command>, options);
}

/** The same for commands that are others in each run. */
export async function timeRuns<Name extends string>(
  commands: Readonly<Record<Name, (run: number) => Command>>,
  { runs, warmsUp = true, cwd, before }: RunOptions,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(commands) as Name[];
  const costs = new Map(names.map((name) => [name, [] as Cost[]]));
  for (let run = warmsUp ? 0 : 1; run <= runs; run += 1) {
    for (const name of names) {
      await before?.(name);
      const cost = await timeCommand(commands[name](run), cwd);
      if (run > 0) costs.get(name)?.push(cost);
    }
  }
  const summary = (name: Name): Cost => ({
    ms: median((costs.get(name) ?? []).map(({ ms }) => ms)),
    cpuMs: median((costs.get(name) ?? []).map(({ cpuMs }) => cpuMs)),
    peakMiB: median((costs.get(name) ?? []).map(({ peakMiB }) => peakMiB)),
  });
  return Object.fromEntries(names.map((name) => [name, summary(name)])) as Record<Name, Cost>;
}

async function timeCommand({ path, args, exitCode = 0 }: Command, cwd: string): Promise<Cost> {
  const costFile = join(cwd, 'cost.txt');
  const startMs = performance.now();
  const child = spawn(gnuTime, ['--quiet', '--format=%M %U %S', `--output=${costFile}`, path, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  try {
    await once(child, 'close');
  } catch (cause) {
    throw new Error(`${gnuTime} is not installed; on Debian: apt-get install time`, { cause });
  }
  const ms = performance.now() - startMs;
  if (child.exitCode !== exitCode) throw new Error(`${path} ${args.join(' ')} failed: ${words}`);
  const [peak, user, system] = (await readFile(costFile, 'utf8')).trim().split(' ').map(Number);
  if (peak === undefined || user === undefined || system === undefined)
    throw new Error(`${gnuTime} told no costs`);
  await rm(costFile);
  return { ms, cpuMs: (user + system) * 1000, peakMiB: peak / 1024 };
}
