// Ties server processes to this one: a small shell reads their process ids from a pipe of ours and, when the
// pipe closes because we ended in whatever way (SIGKILL too), ends those that are left.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

// Ctrl-C reaches the whole process group; the guardian must outlive it to do its work.
const script = `
trap '' INT TERM HUP
pids=
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -) rest=; for each in $pids; do [ "$each" = "$pid" ] || rest="$rest $each"; done; pids=$rest ;;
  esac
done
[ -n "$pids" ] || exit 0
kill -TERM $pids 2>/dev/null
sleep 3
kill -KILL $pids 2>/dev/null
`;

const guarded = new Set<number>();
let input: Writable | undefined;

/** Makes sure that a process ends when this one does. */
export function guard(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  input ??= startGuardian();
  input.write(`+ ${pid}\n`);
  guarded.add(pid);
  child.once('exit', () => {
    guarded.delete(pid);
    input?.write(`- ${pid}\n`);
    if (guarded.size > 0) return;
    input?.end();
    input = undefined;
  });
}

function startGuardian(): Writable {
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
  // If somebody ends the guardian only the tie is lost; the servers go on.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return shell.stdin;
}
