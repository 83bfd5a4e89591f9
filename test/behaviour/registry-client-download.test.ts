// Downloads that break off, get stuck, drip or lie: they go on where they were, or end with their code within bounds.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { suite, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { ContentError, RegistryError } from '../../src/errors.ts';
import { httpLimits } from '../../src/limits.ts';
import { fetchBytes } from '../../src/oci/content-store.ts';
import type { Deadlines } from '../../src/registry/deadlines.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeBlob } from '../helpers/content-store-contract.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startFakeRegistry, type FakeListener, type FakeRegistry } from '../servers/fake-registry.ts';

const blob = makeBlob('0123456789'.repeat(30_000));
const { size } = blob.descriptor;
const maxBytes = 10 * size;
const bytes = Buffer.from(blob.bytes);

async function open(
  t: TestContext,
  listener: FakeListener,
  deadlines: Partial<Deadlines> = {},
): Promise<FakeRegistry & { readonly store: RegistryStore }> {
  const registry = await startFakeRegistry(t, listener);
  return { ...registry, store: openStore(t, `${registry.host}/app`, deadlines) };
}

/** First byte of a request's range. */
function startOf(range: string | undefined): number {
  return Number(/^bytes=(\d+)-$/u.exec(range ?? 'bytes=0-')?.[1]);
}

/** Answers with bytes from a position, and breaks the connection after so many. */
function give(response: ServerResponse, start: number, count = size): void {
  const end = Math.min(start + count, size);
  const range = start === 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` };
  response.writeHead(start === 0 ? 200 : 206, { 'content-length': size - start, ...range });
  response.write(bytes.subarray(start, end), () => (end < size ? response.destroy() : response.end()));
}

suite('a download', () => {
  test('that breaks off again and again goes on where it was', async (t) => {
    const { store, asked } = await open(t, (request, response) => {
      give(response, startOf(request.headers.range), 90_000);
    });
    const read = await fetchBytes(store, blob.descriptor, maxBytes);
    assert.equal(Buffer.compare(read, bytes), 0);
    assert.ok(asked.length >= 4);
    const starts = asked.map(({ headers }) => startOf(headers.range));
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
    );
    assert.ok((starts[1] ?? 0) > 0);
  });

  test('that gets stuck goes on where it was', async (t) => {
    let isFirst = true;
    const { store } = await open(
      t,
      (request, response) => {
        if (!isFirst) give(response, startOf(request.headers.range));
        else response.writeHead(200, { 'content-length': size }).write(bytes.subarray(0, 100_000));
        isFirst = false;
      },
      { idleMs: 50 },
    );
    const read = await fetchBytes(store, blob.descriptor, maxBytes);
    assert.equal(Buffer.compare(read, bytes), 0);
  });

  test('goes on where the registry knows no ranges, by dropping what was given already', async (t) => {
    let count = 0;
    const { store } = await open(t, (_, response) => {
      count += 1;
      give(response, 0, count === 1 ? 100_000 : size);
    });
    const read = await fetchBytes(store, blob.descriptor, maxBytes);
    assert.equal(Buffer.compare(read, bytes), 0);
    assert.equal(count, 2);
  });

  test('goes on through ranges that are shorter than what was asked for', async (t) => {
    const { store, asked } = await open(t, (request, response) => {
      const start = startOf(request.headers.range);
      if (start === 0) give(response, 0, 70_000);
      else {
        const end = Math.min(start + 100_000, size);
        const range = { 'content-range': `bytes ${start}-${end - 1}/*`, 'content-length': end - start };
        response.writeHead(206, range).end(bytes.subarray(start, end));
      }
    });
    const read = await fetchBytes(store, blob.descriptor, maxBytes);
    assert.equal(Buffer.compare(read, bytes), 0);
    assert.ok(asked.length <= 5);
  });

  test('whose rest is of other content is refused by its digest, with and without ranges', async (t) => {
    for (const hasRanges of [true, false]) {
      let isFirst = true;
      const other = Buffer.from(bytes).fill('x', 200_000);
      const { store } = await open(t, (request, response) => {
        const start = startOf(request.headers.range);
        if (isFirst) give(response, 0, 100_000);
        else if (hasRanges) {
          const range = { 'content-range': `bytes ${start}-${size - 1}/${size}` };
          response.writeHead(206, range).end(other.subarray(start));
        } else response.writeHead(200).end(other);
        isFirst = false;
      });
      await assertRejectsWithCode(
        fetchBytes(store, blob.descriptor, maxBytes),
        ContentError,
        'DIGEST_MISMATCH',
      );
    }
  });

  test('is whole wherever it breaks off, with ranges and without', async (t) => {
    type Way = { readonly count: number; readonly hasRange: boolean };
    let way: readonly Way[] = [];
    let step = 0;
    const { store } = await open(t, (request, response) => {
      const { count, hasRange } = way[step] ?? { count: size, hasRange: true };
      step += 1;
      const start = hasRange ? startOf(request.headers.range) : 0;
      give(response, start, count);
    });
    const oneStep = fc.record({ count: fc.nat(size), hasRange: fc.boolean() });
    const property = fc.asyncProperty(fc.array(oneStep, { maxLength: 2 }), async (steps) => {
      way = steps;
      step = 0;
      const read = await fetchBytes(store, blob.descriptor, maxBytes);
      assert.equal(Buffer.compare(read, bytes), 0);
    });
    await fc.assert(property, { seed: 3, numRuns: 100 });
  });

  const wrongRanges: readonly (readonly [string, (start: number) => string | undefined])[] = [
    ['another start', (start) => `bytes ${start - 1}-${size - 1}/${size}`],
    ['another size', (start) => `bytes ${start}-${size - 1}/${size + 1}`],
    ['an end beyond the size', (start) => `bytes ${start}-${size}/${size}`],
    ['an end before its start', (start) => `bytes ${start}-${start - 1}/${size}`],
    ['another unit', (start) => `items ${start}-${size - 1}/${size}`],
    ['no Content-Range', () => undefined],
  ];
  for (const [name, rangeOf] of wrongRanges) {
    test(`that goes on with ${name} is refused`, async (t) => {
      const { store, asked } = await open(t, (request, response) => {
        const start = startOf(request.headers.range);
        if (start === 0) {
          give(response, 0, 100_000);
          return;
        }
        const range = rangeOf(start);
        response
          .writeHead(206, range === undefined ? {} : { 'content-range': range })
          .end(bytes.subarray(start));
      });
      await assertRejectsWithCode(
        fetchBytes(store, blob.descriptor, maxBytes),
        RegistryError,
        'REGISTRY_PROTOCOL',
      );
      assert.equal(asked.length, 2);
    });
  }

  for (const [status, code] of [
    [416, 'REGISTRY_PROTOCOL'],
    [403, 'REGISTRY_DENIED'],
  ] as const) {
    test(`that is answered ${status} on its way ends with ${code}`, async (t) => {
      const { store } = await open(t, (request, response) => {
        if (startOf(request.headers.range) === 0) give(response, 0, 100_000);
        else response.writeHead(status).end();
      });
      await assertRejectsWithCode(fetchBytes(store, blob.descriptor, maxBytes), RegistryError, code);
    });
  }

  test('that gives nothing at all ends after a few tries', async (t) => {
    const { store, asked } = await open(t, (_, response) => give(response, 0, 0));
    await assertRejectsWithCode(
      fetchBytes(store, blob.descriptor, maxBytes),
      RegistryError,
      'REGISTRY_NETWORK',
    );
    assert.equal(asked.length, httpLimits.fruitlessResumes);
  });

  test('that breaks off after every few bytes ends, too', async (t) => {
    const { store, asked } = await open(t, (request, response) => {
      give(response, startOf(request.headers.range), 10);
    });
    await assertRejectsWithCode(
      fetchBytes(store, blob.descriptor, maxBytes),
      RegistryError,
      'REGISTRY_NETWORK',
    );
    assert.equal(asked.length, httpLimits.resumes + 1);
  });

  test('that drips is stuck, however often it drips', async (t) => {
    const timers = new Set<NodeJS.Timeout>();
    t.after(() => timers.forEach((timer) => clearInterval(timer)));
    const { store, asked } = await open(
      t,
      (_, response) => {
        response.writeHead(200, { 'content-length': size });
        timers.add(setInterval(() => response.write('x'), 2));
      },
      { idleMs: 60, idleBytes: 1000 },
    );
    await assertRejectsWithCode(
      fetchBytes(store, blob.descriptor, maxBytes),
      RegistryError,
      'REGISTRY_TIMEOUT',
    );
    assert.ok(asked.length <= httpLimits.resumes + 1);
  });

  test('whose reader takes its time is not stuck', async (t) => {
    const { store, asked } = await open(t, (_, response) => give(response, 0), { idleMs: 40 });
    const pause = AbortSignal.timeout(150);
    let read = 0;
    for await (const chunk of store.fetch(blob.descriptor)) {
      if (read === 0) await new Promise((resolve) => pause.addEventListener('abort', resolve));
      read += chunk.byteLength;
    }
    assert.equal(read, size);
    assert.equal(asked.length, 1);
  });

  test('of another length than its descriptor’s ends at once', async (t) => {
    for (const length of [size - 1, size + 1]) {
      const { store, asked } = await open(t, ({ method }, response) => {
        response.writeHead(200, { 'content-length': length });
        if (method === 'HEAD') response.end();
        else response.write('x');
      });
      await assertRejectsWithCode(
        fetchBytes(store, blob.descriptor, maxBytes),
        ContentError,
        'SIZE_MISMATCH',
      );
      await assertRejectsWithCode(store.exists(blob.descriptor), ContentError, 'SIZE_MISMATCH');
      assert.equal(asked.length, 2);
    }
  });

  test('ends with its signal, connection and all, and is not tried again', async (t) => {
    const { store, asked, untilAlone } = await open(t, (_, response) => {
      response.writeHead(200, { 'content-length': size }).write('0');
    });
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of store.fetch(blob.descriptor, stop.signal)) stop.abort();
    })();
    await assert.rejects(reading, { name: 'AbortError' });
    await untilAlone();
    assert.equal(asked.length, 1);
  });

  test('that its reader leaves ends its connection', async (t) => {
    const { store, untilAlone } = await open(t, (_, response) => {
      response.writeHead(200, { 'content-length': size }).write('0');
    });
    for await (const _ of store.fetch(blob.descriptor)) break;
    await untilAlone();
  });
});

suite('a document', () => {
  test('that breaks off is asked for again', async (t) => {
    let count = 0;
    const { store } = await open(t, (_, response) => {
      count += 1;
      const body = '{"tags":["a"]}';
      response.writeHead(200, { 'content-length': body.length });
      if (count > 1) response.end(body);
      else response.write(body.slice(0, 5), () => response.destroy());
    });
    assert.deepEqual(await store.tags(), ['a']);
  });

  const drips: readonly (readonly [string, number, 'REGISTRY_TIMEOUT' | 'REGISTRY_DENIED'])[] = [
    ['a listing', 200, 'REGISTRY_TIMEOUT'],
    ['an error page', 403, 'REGISTRY_DENIED'],
  ];
  for (const [name, status, code] of drips) {
    test(`that drips for ever ends: ${name}`, async (t) => {
      const timers = new Set<NodeJS.Timeout>();
      t.after(() => timers.forEach((timer) => clearInterval(timer)));
      const { store, untilAlone } = await open(
        t,
        (_, response) => {
          response.writeHead(status);
          timers.add(setInterval(() => response.write(' '.repeat(20)), 2));
        },
        { documentMs: 60, idleBytes: 1 },
      );
      await assertRejectsWithCode(store.tags(), RegistryError, code);
      await untilAlone();
    });
  }

  test('that is endless ends, and an endless error page too', async (t) => {
    for (const status of [200, 403]) {
      const { store, untilAlone } = await open(t, (_, response) => {
        response.writeHead(status);
        const send = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          response.once('drain', send);
        };
        send();
      });
      await assert.rejects(store.tags(), { code: status === 200 ? 'SIZE_LIMIT' : 'REGISTRY_DENIED' });
      await untilAlone();
    }
  });

  test('that nobody wants is not read to an end that never comes', async (t) => {
    const { store, untilAlone } = await open(t, (_, response) => {
      response.writeHead(404);
      const send = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', send);
      };
      send();
    });
    assert.deepEqual(await store.tags(), []);
    await untilAlone();
  });
});
