import { describe, expect, test } from 'vitest';
import { NotThere, resolveRef, SeveralMatches } from '../../src/core/ref.ts';
import type { Session } from '../../src/core/session.ts';
import { UserError } from '../../src/errors.ts';
import { session as made } from '../support/sessions.ts';

function session(id: string, title: string, cwd: string | null, more: Partial<Session> = {}): Session {
  const none = { branch: null, firstPrompt: null, lastPrompt: null, transcript: null };
  return made(1, { ...none, id, title: { text: title, source: 'ai' }, cwd, ...more });
}

const api = session('595e931d-0000-4000-8000-000000000001', 'Fix the broken Redirect', '/home/u/api', {
  branch: 'main',
});
const twin = session('595e0000-0000-4000-8000-000000000002', 'Fix 3 bugs', '/home/u/web', { branch: 'feature/login' });
const dead = session('dead1234-0000-4000-8000-000000000003', 'Release 2026', '/srv/other');
const digits = session('65651210-0000-4000-8000-000000000004', 'Émigré\u202e \x1b[31mred', null);
const program = session('aaaa1111-0000-4000-8000-000000000005', 'nightly redirect job', '/home/u/api', {
  headless: true,
});
const sessions = [api, twin, dead, digits, program];
const printed = [twin.id, api.id, 'ffffffff-0000-4000-8000-00000000000f'];

function found(...ref: string[]): Session {
  return resolveRef(ref, printed, sessions, '/home/u');
}

function failure(...ref: string[]): UserError {
  try {
    found(...ref);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a ref is, in this order', () => {
  test.each([
    ['a row as last printed', ['1'], twin],
    ['another row', ['2'], api],
    ['a row as it was printed', ['2)'], api],
    ['a whole printed row', [' 1) ⧗  2h00  web  Fix 3 bugs'], twin],
    ['a whole printed row in words', ['1)', '⧗', '2h00'], twin],
    ['words that begin with a number', ['3', 'bugs'], twin],
    ['a full id', [dead.id], dead],
    ['a full id in capitals', [dead.id.toUpperCase()], dead],
    ['the beginning of an id', ['595e9'], api],
    ['the beginning of an id, all digits', ['6565'], digits],
    ['an id of a program', ['aaaa'], program],
    ['a word of the title, whatever its case', ['REDIRECT'], api],
    ['words from several places', ['fix', 'login'], twin],
    ['words in one argument', ['broken the'], api],
    ['a year in a title', ['2026'], dead],
    ['a directory below home', ['web'], twin],
    ['a directory elsewhere', ['srv/other'], dead],
    ['text that was cleaned', ['émigré red'], digits],
    ['a word that looks like an id', ['bugs'], twin],
  ])('%s', (_, ref, expected) => {
    expect(found(...ref)).toBe(expected);
  });
});

test('a printed row never stands for another session', () => {
  const error = failure('3');
  expect(error).toBeInstanceOf(NotThere);
  expect(error.message).toBe('row 3 was session ffffffff, which is not there any more: wt --list');
  expect(failure('4').message).toBe('there is no row 4: 3 rows were last printed here; wt --list');
  expect(failure('0').message).toBe('there is no row 0: 3 rows were last printed here; wt --list');
  expect(() => resolveRef(['1'], [], sessions)).toThrow('no rows were printed on this terminal yet');
});

test('several matches are carried along', () => {
  const error = failure('fix');
  expect(error).toBeInstanceOf(SeveralMatches);
  expect((error as SeveralMatches).sessions).toEqual([api, twin]);
  expect((failure('595e') as SeveralMatches).sessions).toEqual([api, twin]);
  expect(error.status).toBe(1);
});

test('no match is one line', () => {
  expect(failure('nothing', 'here').message).toBe('no session matches nothing here: wt --list shows what there is');
  expect(failure('\x1b[31mevil\n').message).toBe('no session matches evil: wt --list shows what there is');
  expect(failure('00000000-0000-4000-8000-000000000000')).toBeInstanceOf(NotThere);
  expect(failure('home').message).toContain('no session matches home');
  expect(failure('nightly').message).toContain('no session matches nightly');
  expect(failure(' ').message).toContain('which session?');
});
