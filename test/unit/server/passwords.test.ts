// Password checks: against hashes that crypt(3) made, each slow one done once, and not too many at a time.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { serverLimits } from '../../../src/limits.ts';
import { createPasswords } from '../../../src/server/passwords.ts';

const address = '192.0.2.99';
const long = 'x'.repeat(serverLimits.passwordBytes);
/** By Perl's crypt, of libxcrypt. */
const accounts = new Map([
  ['2y', '$2y$04$abcdefghijklmnopqrstuu8wkw12QyDc.4XJF/zLPLx4K6vWRWzxS'],
  ['2b', '$2b$04$abcdefghijklmnopqrstuu8wkw12QyDc.4XJF/zLPLx4K6vWRWzxS'],
  ['2a', '$2a$04$abcdefghijklmnopqrstuu8wkw12QyDc.4XJF/zLPLx4K6vWRWzxS'],
  ['cost 10', '$2y$10$abcdefghijklmnopqrstuul9h/HeboIPmxkpf0fxOYItDOs0Mq0om'],
  ['long', '$2y$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i'],
]);

suite('right and wrong passwords', () => {
  const password = 'pässword:1';
  const cases: readonly (readonly [name: string, password: string, isRight: boolean])[] = [
    ['2y', password, true],
    ['2b', password, true],
    ['2a', password, true],
    ['cost 10', password, true],
    ['2y', 'password:1', false],
    ['2y', '', false],
    ['2y', `${password}\0`, false],
    ['long', long, true],
    // bcrypt itself would look at the first 72 bytes only.
    ['long', `${long}y`, false],
    ['nobody', password, false],
    ['nobody', '', false],
    ['', password, false],
    ['__proto__', password, false],
  ];
  for (const [name, text, isRight] of cases) {
    test(`${JSON.stringify([name, text.slice(0, 20)])} is ${isRight ? 'right' : 'wrong'}`, async () => {
      const passwords = createPasswords();
      // Twice: from memory it is the same.
      for (let count = 0; count < 2; count += 1)
        assert.equal(await passwords.check(accounts, { name, password: text }, address), isRight);
    });
  }
});

test('a password that is remembered is not right for a changed account', async () => {
  const passwords = createPasswords();
  const login = { name: '2y', password: 'pässword:1' };
  assert.equal(await passwords.check(accounts, login, address), true);
  const changed = new Map([...accounts, ['2y', accounts.get('long') ?? '']]);
  assert.equal(await passwords.check(changed, login, address), false);
  assert.equal(await passwords.check(new Map([['other', accounts.get('2y') ?? '']]), login, address), false);
});

test('too many checks at once are turned away, the same one at once is done once', async () => {
  const passwords = createPasswords();
  const same = Array.from({ length: 100 }, () =>
    passwords.check(accounts, { name: '2y', password: 'pässword:1' }, address),
  );
  assert.deepEqual(new Set(await Promise.all(same)), new Set([true]));
  const others = Array.from({ length: serverLimits.passwordChecks + 10 }, (_, index) =>
    passwords.check(accounts, { name: '2y', password: `guess ${index}` }, `192.0.2.${index}`),
  );
  // Whoever is known already does not wait with them.
  assert.equal(await passwords.check(accounts, { name: '2y', password: 'pässword:1' }, address), true);
  const answers = await Promise.all(others);
  assert.equal(answers.filter((answer) => answer === 'busy').length, 10);
  assert.ok(!answers.includes(true));
  assert.equal(await passwords.check(accounts, { name: '2b', password: 'pässword:1' }, address), true);
});

test('guesses from one address do not keep others out, and it may go on when they are checked', async () => {
  const passwords = createPasswords();
  const guess = (index: number): Promise<boolean | 'busy'> =>
    passwords.check(accounts, { name: '2y', password: `guess ${index}` }, '192.0.2.1');
  const guesses = Array.from({ length: serverLimits.passwordChecks * 2 }, (_, index) => guess(index));
  const right = passwords.check(accounts, { name: '2y', password: 'pässword:1' }, address);
  const answers = await Promise.all(guesses);
  assert.equal(answers.filter((answer) => answer === false).length, serverLimits.passwordChecksOfAddress);
  assert.equal(await right, true);
  assert.equal(await guess(-1), false);
});
