import { describe, expect, test } from 'vitest';
import { isFromPerson, planIn, promptOf, slashCommand } from '../../../src/agents/claude/prompt.ts';

describe('what a person typed', () => {
  const wrappers =
    'agent-message bash-exit-code bash-input bash-stderr bash-stdout command-args command-contents command-message command-name cross-session-message fetched-web-content fork-boilerplate ide_diagnostics ide_opened_file ide_selection local-command-caveat local-command-stderr local-command-stdout post-tool-use-hook session-start-hook slack-ping slack-tag-message system-reminder task-notification teammate-message tick user-memory-input user-prompt-submit-hook'.split(
      ' ',
    );
  test.each(wrappers)('nothing of <%s>', (tag) => {
    const block = `<${tag} a="1">\nwithin\n</${tag}>`;
    expect(promptOf(block)).toBe('');
    expect(promptOf(`${block}\nfix it`)).toBe('fix it');
    expect(promptOf(`fix it\n${block}`)).toBe('fix it');
    expect(promptOf(`${block}${block} fix <b>it</b> ${block}`)).toBe('fix <b>it</b>');
    expect(promptOf(`<${tag}>never closed`)).toBe('');
    expect(promptOf(`see ${block} here`)).toBe(`see ${block} here`);
  });

  test.each([
    ['plain', 'plain'],
    ['  blanks \n', 'blanks'],
    ['<div>mine</div>', '<div>mine</div>'],
    ['<my-own-tag>mine</my-own-tag>', '<my-own-tag>mine</my-own-tag>'],
    ['<system-reminders>mine</system-reminders>', '<system-reminders>mine</system-reminders>'],
    ['a < b', 'a < b'],
    ['</system-reminder>', '</system-reminder>'],
    ['<channel source="chat">from afar</channel>', 'from afar'],
    ['<channel>never closed', 'never closed'],
    ['<channel><system-reminder>x</system-reminder>inner</channel> outer', 'inner outer'],
  ])('%j is %j', (text, prompt) => {
    expect(promptOf(text)).toBe(prompt);
  });
});

test.each([
  ['<command-name>/review</command-name>', '/review'],
  [
    '<command-message>review</command-message>\n<command-name>/review</command-name>\n<command-args>12 </command-args>',
    '/review 12',
  ],
  ['<command-name>/x</command-name><command-args></command-args>', '/x'],
  ['<bash-input>make all</bash-input>', '! make all'],
  ['<bash-input> </bash-input>', null],
  ['<bash-stdout>ok</bash-stdout>', null],
  ['say <command-name>/x</command-name>', null],
  ['/review', null],
])('the command in %j is %j', (text, command) => {
  expect(slashCommand(text)).toBe(command);
});

test.each([
  [{}, true],
  [{ origin: { kind: 'human' } }, true],
  [{ origin: { kind: 'channel' } }, true],
  [{ origin: { kind: 'peer' } }, false],
  [{ origin: { kind: 'task-notification' } }, false],
  [{ origin: null }, true],
  [{ origin: 'x' }, true],
  [{ promptSource: 'typed' }, true],
  [{ promptSource: 'sdk' }, true],
  [{ promptSource: 'system' }, false],
])('%j comes from a person: %j', (record, isPerson) => {
  expect(isFromPerson(record)).toBe(isPerson);
});

test.each([
  ['Implement the following plan:\n\n# Do it\n\n1. x', 'Do it'],
  ['Implement the following plan:\nfirst line\nsecond', 'first line'],
  ['Implement the following plan:\ntext\n## Later heading', 'Later heading'],
  ['Implement the following plan:', null],
  ['please Implement the following plan: x', null],
])('the plan in %j is %j', (prompt, heading) => {
  expect(planIn(prompt)).toBe(heading);
});
