// Which apiVersions are served at which version of Kubernetes: at the built-in one, those that its API server has.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { loadBuiltIn } from '../../../src/schema/built-in.ts';
import { apiStateAt, parseKubernetesVersion } from '../../../src/schema/lifecycle.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

suite('an apiVersion', () => {
  test('is served at the built-in version if its API server has it', async () => {
    const { kinds, version } = await loadBuiltIn();
    const minor = parseKubernetesVersion(version, version);
    for (const key of Object.keys(kinds)) {
      const [kind = '', ...apiVersion] = key.split('/').toReversed();
      const found = apiStateAt(minor, apiVersion.toReversed().join('/'), kind);
      assert.ok(found === undefined || /served|deprecated/u.test(found.state), key);
    }
    for (const [apiVersion, kind, state] of [
      ['apps/v1beta1', 'Deployment', 'removed'],
      ['extensions/v1beta1', 'Ingress', 'removed'],
      ['flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema', 'removed'],
      ['v1', 'Endpoints', 'deprecated'],
      ['networking.k8s.io/v1', 'Ingress', 'served'],
    ] as const) {
      assert.equal(apiStateAt(minor, apiVersion, kind)?.state, state, apiVersion);
      if (state === 'removed') assert.equal(kinds[`${apiVersion}/${kind}`], undefined);
    }
  });

  test('comes, is deprecated, and goes', () => {
    const states = [20, 21, 24, 25].map((minor) => [
      apiStateAt(minor, 'batch/v1beta1', 'CronJob')?.state,
      apiStateAt(minor, 'batch/v1', 'CronJob')?.state,
    ]);
    assert.deepEqual(states, [
      ['served', 'early'],
      ['deprecated', 'served'],
      ['deprecated', 'served'],
      ['removed', 'served'],
    ]);
    assert.equal(apiStateAt(30, 'example.com/v1', 'Widget'), undefined);
  });

  test('is asked about for known versions only', () => {
    assert.equal(parseKubernetesVersion('v1.30.2', 'v1.36.3'), 30);
    assert.equal(parseKubernetesVersion('1.36', 'v1.36.3'), 36);
    for (const text of ['1.37', '1.15', '2.1', '1', '1.30.x', ''])
      assertThrowsWithCode(() => parseKubernetesVersion(text, 'v1.36.3'), InputError, 'INPUT_INVALID');
  });
});
