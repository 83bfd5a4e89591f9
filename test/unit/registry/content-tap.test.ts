import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { tapped } from '../../../src/registry/content-tap.ts';

suite('a connection that may be tapped', () => {
  function open(): { readonly stream: PassThrough; readonly give: (text: string) => void } {
    let give = (_text: string): void => undefined;
    const stream = tapped(({ buffer, callback }) => {
      assert.ok(buffer instanceof Uint8Array);
      give = (text) => assert.equal(callback(Buffer.from(text).copy(buffer), buffer), true);
      return new PassThrough();
    });
    return { stream, give };
  }

  test('gives what comes to whoever listens, in memory of its own', () => {
    const { stream, give } = open();
    const heard: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => heard.push(chunk));
    for (const text of ['first', 'then']) give(text);
    assert.deepEqual(heard.map(String), ['first', 'then']);
  });

  test('ends where it says something that nobody has asked for', () => {
    const { stream, give } = open();
    give('HTTP/1.1 200 OK\r\n\r\n');
    assert.equal(stream.destroyed, true);
  });
});
