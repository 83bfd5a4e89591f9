import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { createAgents } from '../../../src/registry/agents.ts';
import { environmentProxies } from '../../../src/registry/proxy.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { createTestAuthority } from '../../servers/test-authority.ts';

const env = { HTTPS_PROXY: 'http://u:p@a:1', HTTP_PROXY: 'http://u:p@b:2', NO_PROXY: 'near.site' };
const url = (text: string): URL => new URL(text);

suite('ways to registries', () => {
  test('that are the same share a pool, and others do not', async () => {
    const agents = createAgents({ chooseProxy: environmentProxies(env) });
    const agentOf = async (text: string): Promise<unknown> => (await agents.routeTo(url(text))).agent;
    const secure = await agentOf('https://one.site/');
    assert.equal(await agentOf('https://two.site/'), secure);
    const different = new Set([
      secure,
      await agentOf('http://one.site/'),
      await agentOf('https://near.site/'),
      await agentOf('http://near.site/'),
    ]);
    assert.equal(different.size, 4);
    assert.equal(await agentOf('https://localhost/'), await agentOf('https://near.site/'));
    agents.close();
  });

  test('by a proxy differ for plain HTTP alone, where the proxy is told its user', async () => {
    const { routeTo } = createAgents({ chooseProxy: environmentProxies(env) });
    assert.deepEqual((await routeTo(url('https://one.site/v2/?n=1'))).request, {});
    assert.deepEqual((await routeTo(url('http://near.site/v2/?n=1'))).request, {});
    assert.deepEqual((await routeTo(url('http://one.site:5000/v2/?n=1'))).request, {
      path: 'http://one.site:5000/v2/?n=1',
      headers: { 'proxy-authorization': `Basic ${Buffer.from('u:p').toString('base64')}` },
    });
  });

  test('of a host with certificates of its own are its own', async () => {
    const ca = createTestAuthority().pem;
    const { routeTo } = createAgents({
      hostTls: async (host) => (host === 'own.site:5000' ? { ca } : undefined),
    });
    const own = await routeTo(url('https://own.site:5000/'));
    assert.equal((await routeTo(url('https://own.site:5000/v2/'))).agent, own.agent);
    assert.notEqual((await routeTo(url('https://own.site/'))).agent, own.agent);
  });

  test('with certificates that can not be used are asked for again: they may be mended', async () => {
    let ca = 'none';
    const { routeTo } = createAgents({ hostTls: async () => ({ ca }) });
    await assertRejectsWithCode(routeTo(url('https://own.site/')), InputError, 'INPUT_INVALID');
    ca = createTestAuthority().pem;
    assert.ok((await routeTo(url('https://own.site/'))).agent);
  });
});
