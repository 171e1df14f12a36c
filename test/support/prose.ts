import { type Random, random } from './random.ts';

// Text as people and models write it, made up: words as frequent as those of a natural language, so that an index or a
// search meets what it meets in life, and not one sentence a thousand times.

const syllables =
  'a ab ac ad al am an ar as at ba be bi bo bu ca ce ci co cu da de di do du e el em en er es ex fa fe fi fo fu ga ge go ha he hi ho i im in is ja jo la le li lo lu ma me mi mo mu na ne ni no nu o on op or pa pe pi po pu qua ra re ri ro ru sa se si so su ta te ti to tu un va ve vi vo wa we wi'.split(
    ' ',
  );
const frequent =
  'the of and to a in is that for it as with on this are be by not you we from or an was which test file code function error when build should what server value returns then list name line user request output config module'.split(
    ' ',
  );
/** Words that are looked for: each stands in so many of a thousand texts of some length. */
const wanted = ['webhook', 'rate limit', 'WebSocket', 'déploiement', 'Kubernetes', 'off-by-one', 'flaky'];
const chinese = '修复登录后的重定向循环检查数据库迁移配置文件测试失败原因服务器返回错误请求超时重试队列缓存索引';
const japanese = 'このテストがなぜ失敗するのか調べてデータベース移行を計画するサーバーの設定ファイル';

const vocabulary = words(6000);

function words(count: number): string[] {
  const chance = random(20_261_123);
  const made = new Set(frequent);
  while (made.size < count) {
    made.add(Array.from({ length: chance.int(2, 5) }, () => chance.pick(syllables)).join(''));
  }
  return [...made];
}

/** A word, the first ones of the vocabulary the most often, as Zipf found. */
function word(chance: Random): string {
  return vocabulary[Math.floor(vocabulary.length ** chance.next()) - 1]!;
}

/** About so many bytes of prose; `foreign` is Chinese and Japanese in part. */
export function prose(chance: Random, bytes: number, foreign = false): string {
  let text = '';
  while (text.length < bytes) {
    if (foreign && chance.chance(0.5)) {
      const from = chance.pick([chinese, japanese]);
      const at = chance.int(0, from.length - 9);
      text += `${from.slice(at, at + chance.int(3, 9))}。`;
      continue;
    }
    const sentence = Array.from({ length: chance.int(4, 18) }, () => word(chance));
    if (chance.chance(0.004)) sentence.splice(chance.int(0, sentence.length), 0, chance.pick(wanted));
    const line = sentence.join(' ');
    text += `${line[0]!.toUpperCase()}${line.slice(1)}${chance.pick(['. ', '. ', ', ', ':\n', '.\n\n', ' `x()`. '])}`;
  }
  return text.slice(0, bytes);
}
