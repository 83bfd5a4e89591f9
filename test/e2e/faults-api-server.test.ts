// An API server that ends, that has forgotten what a watch missed, and that is slow: nothing is lost, and nothing is
// asked twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import { isWrite, readAuditTrail, type Audited } from '../helpers/chaos/audit-trail.ts';
import { withFaultSite } from '../helpers/chaos/fault-site.ts';
import { configMapOf } from './bed.ts';

const timeoutMs = 20_000;
const names = ['edited', 'deleted', 'stripped', 'replaced', 'left'] as const;

test('an API server that is down, forgetful or slow', async (t) => {
  await withFaultSite(async ({ site, bed: openBed, addPuller, killApiServer, history }) => {
    const slot = await addPuller({ identity: 'puller' });
    const bed = await openBed('api', { isPromoted: true });
    const objects = (value: string): readonly object[] => names.map((name) => bed.configMap(name, { value }));
    await bed.deliver(objects('one'));
    const untilAll = async (value: string): Promise<void> => {
      for (const name of names) {
        await bed.untilObject(configMapOf(name), `to be ${value}`, ({ data, metadata }) => {
          return data?.['value'] === value && metadata.labels?.['sealift.dev/owner'] !== undefined;
        });
      }
    };
    const vandalise = async (): Promise<void> => {
      await bed.edit(configMapOf('edited'), { data: { value: 'spoiled' } });
      await bed.remove(configMapOf('deleted'));
      await bed.edit(configMapOf('stripped'), { metadata: { labels: { 'sealift.dev/owner': null } } });
      await bed.remove(configMapOf('replaced'));
      await bed.apply(bed.configMap('replaced', { value: 'theirs' }));
    };
    const writes = async (): Promise<readonly Audited[]> =>
      (await readAuditTrail(site.plane.auditLogFile)).filter(
        (one) => one.credential === slot.credentialId && isWrite(one) && one.uri.includes('/configmaps/'),
      );

    await t.test('down: it is not stormed, and what changes right after its start is corrected', async () => {
      killApiServer();
      const attempts = slot.proxy.attempts();
      const downMs = performance.now();
      await site.plane.restartApiServer();
      const tries = slot.proxy.attempts() - attempts;
      // Two connections, each with waits from 0.2 s on that double.
      const bound = 2 * (4 + Math.log2(1 + (performance.now() - downMs) / 200));
      assert.ok(tries <= bound, `${tries} connections were tried, more than ${bound}`);
      await vandalise();
      await untilAll('one');
    });

    await t.test('what happened in a gap that etcd has forgotten is found', async () => {
      slot.proxy.cut();
      await vandalise();
      await history.compact();
      await site.plane.restartApiServer();
      const lines = (await slot.log()).length;
      slot.proxy.mend();
      await untilAll('one');
      const log = (await slot.log()).slice(lines).filter(({ message }) => message === 'watch');
      const ofKind = log.filter((line) => line.kind === 'ConfigMap').map((line) => line.state);
      assert.ok(ofKind.includes('syncing'), `everything was to be told anew: ${ofKind.join(' ')}`);
    });

    await t.test('slow: one request an object', async () => {
      await bed.look();
      slot.proxy.slow(200);
      const before = (await writes()).length;
      await bed.deliver(objects('two'));
      await untilAll('two');
      const sent = (await writes()).slice(before);
      assert.equal(sent.length, names.length);
      slot.proxy.mend();
    });

    await t.test('nobody was told of an error', async () => {
      const errors = (await slot.log()).filter(({ level }) => level === 'error' || level === 'raw');
      assert.deepEqual(errors, []);
      await waitUntil(async () => slot.starts() === 1, { what: 'one process all the time', timeoutMs });
    });
  });
});
