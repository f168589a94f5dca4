import type { Check } from './check.js';
import { parseTerm } from './parse-term.js';

/** Parentheses and `not` deeper than that are no rule that anybody wrote by hand. */
const MOST_NESTED = 100;

interface Token {
  readonly kind: 'and' | 'or' | 'not' | '(' | ')' | 'term' | 'end';
  readonly text: string;
  /** Place of its first character, counted from 1. */
  readonly at: number;
}

/**
 * Reads a rule in the language of oslo.policy: terms, `and`, `or`, `not` in any case, parentheses. The empty text is always true.
 * @throws TypeError with the position of what is wrong, counted from 1
 */
export function parseCheck(text: string): Check {
  if (text === '') return { kind: 'always' };
  return new Reader(tokensOf(text)).whole();
}

/** Parentheses count at the ends of a word alone, because `%(owner)s` has some inside. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const opening = word.length - word.replace(/^\(+/, '').length;
    const closing = Math.min(word.length - word.replace(/\)+$/, '').length, word.length - opening);
    const core = word.slice(opening, word.length - closing);
    const at = index + 1;
    for (let i = 0; i < opening; i++) tokens.push({ kind: '(', text: '(', at: at + i });
    if (core !== '') tokens.push({ kind: kindOf(core), text: core, at: at + opening });
    for (let i = 0; i < closing; i++)
      tokens.push({ kind: ')', text: ')', at: at + word.length - closing + i });
  }
  return [...tokens, { kind: 'end', text: 'the end', at: text.length + 1 }];
}

function kindOf(word: string): Token['kind'] {
  const lower = word.toLowerCase();
  return lower === 'and' || lower === 'or' || lower === 'not' ? lower : 'term';
}

class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Check {
    const check = this.#or();
    const token = this.#take();
    if (token.kind !== 'end') throw unexpected(token, 'and, or, or the end');
    return check;
  }

  #or(): Check {
    return this.#chain('or', () => this.#chain('and', () => this.#not()));
  }

  #chain(kind: 'and' | 'or', part: () => Check): Check {
    const first = part();
    const checks = [first];
    while (this.#tokens[this.#next]?.kind === kind) {
      this.#take();
      checks.push(part());
    }
    return checks.length === 1 ? first : { kind, checks };
  }

  #not(): Check {
    const token = this.#take();
    switch (token.kind) {
      case 'not':
        return { kind: 'not', check: this.#inside(token, () => this.#not()) };
      case '(': {
        const check = this.#inside(token, () => this.#or());
        const close = this.#take();
        if (close.kind !== ')')
          throw unexpected(close, `a ) for the ( at position ${token.at}, or and, or or, before it`);
        return check;
      }
      case 'term':
        try {
          return parseTerm(token.text);
        } catch (error) {
          throw new TypeError(`at position ${token.at}: ${(error as TypeError).message}`, { cause: error });
        }
      default:
        throw unexpected(token, 'a check');
    }
  }

  #inside(token: Token, part: () => Check): Check {
    if (this.#depth === MOST_NESTED)
      throw new TypeError(`at position ${token.at}: nested deeper than ${MOST_NESTED}`);
    this.#depth += 1;
    const check = part();
    this.#depth -= 1;
    return check;
  }

  #take(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new TypeError('read behind the end of a rule');
    this.#next += 1;
    return token;
  }
}

function unexpected(token: Token, wanted: string): TypeError {
  return new TypeError(`at position ${token.at}: ${token.text} stands where ${wanted} was expected`);
}
