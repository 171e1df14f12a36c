import { expect, test } from 'vitest';
import type { Activity } from '../../src/core/session.ts';
import { isInTurn, outcomeOf, type Watched } from '../../src/core/wait.ts';

const activities: (Activity | null)[] = [
  'needs-you',
  'working',
  'in-turn',
  'shell',
  'ready',
  'dialog',
  'suspended',
  'unknown',
  null,
];

function outcomes(wasInTurn: boolean, until: 'needs-you' | 'done' | 'any'): string {
  return activities
    .map((activity) => `${activity}: ${outcomeOf([{ key: 'a', activity, wasInTurn }], until).is}`)
    .join(', ');
}

test('one that was named, or was in a turn', () => {
  expect(outcomes(true, 'any')).toMatchInlineSnapshot(
    `"needs-you: so, working: open, in-turn: open, shell: so, ready: so, dialog: so, suspended: nothing left, unknown: open, null: so"`,
  );
  expect(outcomes(true, 'done')).toMatchInlineSnapshot(
    `"needs-you: open, working: open, in-turn: open, shell: so, ready: so, dialog: so, suspended: nothing left, unknown: open, null: so"`,
  );
  expect(outcomes(true, 'needs-you')).toMatchInlineSnapshot(
    `"needs-you: so, working: open, in-turn: open, shell: open, ready: nothing left, dialog: nothing left, suspended: nothing left, unknown: open, null: nothing left"`,
  );
});

test('one that has stood at its prompt from the beginning', () => {
  expect(outcomes(false, 'any')).toMatchInlineSnapshot(
    `"needs-you: so, working: open, in-turn: open, shell: open, ready: nothing left, dialog: nothing left, suspended: nothing left, unknown: open, null: nothing left"`,
  );
  expect(outcomes(false, 'done')).toMatchInlineSnapshot(
    `"needs-you: open, working: open, in-turn: open, shell: open, ready: nothing left, dialog: nothing left, suspended: nothing left, unknown: open, null: nothing left"`,
  );
});

test('of several the first that is so counts; one at work keeps the waiting open', () => {
  const watched = (key: string, activity: Activity | null, wasInTurn = isInTurn(activity)): Watched => ({
    key,
    activity,
    wasInTurn,
  });
  const [ready, works, asks] = [watched('r', 'ready'), watched('w', 'working'), watched('a', 'needs-you')];
  expect(outcomeOf([ready, works, asks], 'any')).toEqual({ is: 'so', key: 'a' });
  expect(outcomeOf([ready, works], 'any')).toEqual({ is: 'open' });
  expect(outcomeOf([ready], 'any')).toEqual({ is: 'nothing left' });
  expect(outcomeOf([], 'any')).toEqual({ is: 'nothing left' });
  expect(outcomeOf([ready, asks], 'done')).toEqual({ is: 'open' });
  expect(outcomeOf([watched('r', 'ready', true), watched('s', 'shell', true)], 'done')).toEqual({ is: 'so', key: 'r' });
});
