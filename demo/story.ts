// How the demo tells its story: chapters, commands and findings, coloured on a terminal, plain in a pipe.
import { styleText } from 'node:util';

export type Story = {
  chapter(title: string): void;
  /** A sentence of explanation. */
  say(text: string): void;
  /** A command that is run now, as a user would type it. */
  command(line: string): void;
  /** What a command printed. */
  output(text: string): void;
  /** Something that was to be shown, and was seen. */
  seen(text: string): void;
};

export function createStory(write: (text: string) => void, isTerminal: boolean): Story {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    isTerminal ? styleText(style, text, { validateStream: false }) : text;
  let chapters = 0;
  return {
    chapter: (title) => {
      chapters += 1;
      write(`\n${paint('bold', `${chapters}. ${title}`)}\n`);
    },
    say: (text) => write(`   ${text}\n`),
    command: (line) => write(`   ${paint('cyan', `$ ${line}`)}\n`),
    output: (text) => {
      for (const line of text.trimEnd().split('\n')) if (line !== '') write(`     ${paint('dim', line)}\n`);
    },
    seen: (text) => write(`   ${paint('green', 'ok')} ${text}\n`),
  };
}
