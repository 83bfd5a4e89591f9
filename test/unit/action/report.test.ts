// Annotations: places, titles, the runner's bound, and no line that the runner would take for a command.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readContext } from '../../../action/shared/context.ts';
import { inertLine } from '../../../action/shared/host.ts';
import { placesIn, reportError } from '../../../action/shared/report.ts';
import { createWarnings } from '../../../action/shared/warnings.ts';
import { FailuresError, InputError, ResourceError } from '../../../src/errors.ts';
import { makeHost } from './fake-host.ts';

function makeProblem(index: number): ResourceError {
  return new ResourceError('YAML_INVALID', `wrong ${index}`, { file: 'a.yaml', line: index, column: 2 });
}

function report(error: unknown): string[] {
  const { host, log } = makeHost({});
  reportError(host, error, placesIn('deploy'));
  return log;
}

suite('annotations', () => {
  test('a problem in a file stands on its line', () => {
    assert.deepEqual(report(makeProblem(3)), [
      'error YAML is not valid (YAML_INVALID) deploy/a.yaml:3:2 a.yaml:3:2: wrong 3',
    ]);
  });

  test('hint and causes follow the message; there is no stack', () => {
    const cause = new Error('first', { cause: new Error('second') });
    const [line = ''] = report(new InputError('INPUT_INVALID', 'bad', { hint: 'Do.', cause }));
    assert.equal(
      line,
      'error Input is not valid (INPUT_INVALID) :: bad\nDo.\ncaused by: first\ncaused by: second',
    );
    assert.deepEqual(report(new TypeError('x is not a function')), [
      'error Internal error (INTERNAL) :: x is not a function',
    ]);
  });

  test('ten fit; of more, the tenth says how many', () => {
    const problems = Array.from({ length: 9 }, (_, index) => makeProblem(index + 1));
    const ten = report(new FailuresError([makeProblem(0), ...problems], 'ten'));
    assert.equal(ten.length, 10);
    const twelve = report(
      new FailuresError([makeProblem(0), ...problems, makeProblem(10), makeProblem(11)], 'x'),
    );
    const errors = twelve.filter((line) => line.startsWith('error '));
    assert.equal(errors.length, 10);
    assert.equal(errors[9], 'error More problems :: 3 more problems are in the log of this step');
    assert.equal(twelve.filter((line) => line.startsWith('info ')).length, 3);
  });
});

suite('warnings', () => {
  const warnings = (count: number): readonly string[] => {
    const said: string[] = [];
    const { warn, end } = createWarnings(
      (message, place) => said.push(`warning ${place?.title ?? ''}: ${message}`),
      (line) => said.push(line),
    );
    for (let index = 1; index <= count; index += 1) warn(`w${index}`, { title: 'T' });
    end();
    return said;
  };

  test('up to ten are shown as they are', () => {
    assert.deepEqual(warnings(0), []);
    assert.deepEqual(warnings(9).at(-1), 'warning T: w9');
    assert.deepEqual(warnings(10).slice(8), ['warning T: w9', 'warning: T: w10', 'warning T: w10']);
  });

  test('of more, nine are shown and the tenth counts the rest, which the log has', () => {
    assert.deepEqual(warnings(12).slice(8), [
      'warning T: w9',
      'warning: T: w10',
      'warning: T: w11',
      'warning: T: w12',
      'warning More warnings: 3 more warnings are in the log of this step',
    ]);
  });
});

test('no printed line is a workflow command', () => {
  const cases = [
    ['::set-output name=a::b', '- ::set-output name=a::b'],
    ['  ::add-mask::x', '-   ::add-mask::x'],
    ['left out a\n::stop-commands::x', 'left out a ::stop-commands::x'],
    ['a ##[add-path]/x', 'a ## [add-path]/x'],
    ['plain', 'plain'],
  ] as const;
  for (const [text, expected] of cases) assert.equal(inertLine(text), expected);
});

test('the context needs a workspace and takes empty variables for missing ones', () => {
  assert.throws(() => readContext({}), { code: 'INPUT_MISSING' });
  assert.throws(() => readContext({ GITHUB_WORKSPACE: 'relative' }), { code: 'INPUT_MISSING' });
  assert.equal(readContext({ GITHUB_WORKSPACE: '/w', GITHUB_SHA: '' }).commit, undefined);
});
