/** Ways to try a pattern on a key: enough for three wildcards behind `^`, or two anywhere, and a choice. */
const MOST_WAYS = 2 ** 25;
/** Keys have at most 255 characters, so nothing has more places to begin or lengths to take. */
const LENGTHS = 256;
const LONGEST = 1000;
/** A count in braces that is none is text, as in Python. */
const QUANTIFIER = /^(?:[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\})/;
const WORD = '\\p{L}\\p{N}_';

/** Escapes of Python that JavaScript lacks or reads as ASCII alone; those of the second table stand within [ ] too. */
const OUTSIDE: Readonly<Record<string, string>> = {
  A: '^',
  Z: '$',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
};
const INSIDE: Readonly<Record<string, string>> = { w: WORD, b: '\\b' };
const ANYWHERE: Readonly<Record<string, string>> = { d: '\\p{Nd}', D: '\\P{Nd}' };

/**
 * Compiles a regular expression as Python's `re` reads it, to be searched with `test`.
 * @throws TypeError when it is no regular expression, uses what is not supported (inline flags but a leading `(?i)`, conditions,
 * possessive and atomic groups, comments), or could take a key exponential or too much time, as `(a+)+` and `(a|aa)+` can
 */
export function compilePattern(pattern: string): RegExp {
  const [, flag = '', body = ''] = /^(\(\?i\))?([\s\S]*)$/.exec(pattern) ?? [];
  if (body === '' || body.length > LONGEST)
    throw new TypeError(`a pattern has 1 to ${LONGEST} characters, this one ${body.length}`);
  const translation = new Translation(body);
  const source = translation.whole();
  try {
    return new RegExp(source, flag === '' ? 'u' : 'iu');
  } catch (error) {
    throw new TypeError(`not a regular expression: ${(error as SyntaxError).message}`, { cause: error });
  }
}

/** A part in JavaScript, and in how many ways it can match; a product and sum over its parts, so it never tells too few. */
interface Part {
  readonly source: string;
  readonly ways: number;
}

class Translation {
  #rest: string;

  constructor(pattern: string) {
    this.#rest = pattern;
  }

  whole(): string {
    const { source, ways } = this.#alternatives(true);
    if (this.#rest !== '') throw new TypeError('not a regular expression: a ) without its (');
    if (ways > MOST_WAYS)
      throw new TypeError(
        'a pattern with repeated choices, or too many wildcards, which long keys could make slow',
      );
    return source;
  }

  #alternatives(top = false): Part {
    const sources: string[] = [];
    let ways = 0;
    do {
      const anchored = !top || /^(\^|\\A)/.test(this.#rest);
      const part = this.#sequence();
      sources.push(part.source);
      ways += part.ways * (anchored ? 1 : LENGTHS);
    } while (this.#take(/^\|/) !== undefined);
    return { source: sources.join('|'), ways };
  }

  #sequence(): Part {
    let source = '';
    let ways = 1;
    while (this.#rest !== '' && !/^[|)]/.test(this.#rest)) {
      const part = this.#repeated(this.#atom());
      source += part.source;
      ways *= part.ways;
    }
    return { source, ways };
  }

  #repeated({ source, ways }: Part): Part {
    const text = this.#take(QUANTIFIER);
    if (text === undefined) return { source, ways };
    const [least, most] = bounds(text);
    const lazy = this.#take(/^[?+]/) ?? '';
    if (lazy === '+') throw new TypeError(`${text}+ is not supported in patterns`);
    const lengths = Math.min(most, LENGTHS) - Math.min(least, LENGTHS) + 1;
    const repeated = `${source}${text.replace('{,', '{0,')}${lazy}`;
    // One way stays one however often; Infinity as the exponent of 1 would be no number.
    return { source: repeated, ways: lengths * (ways === 1 ? 1 : ways ** Math.min(most, LENGTHS)) };
  }

  #atom(): Part {
    const opening = this.#take(/^\((?:\?P=\w+\)|\?P<\w+>|\?(?:[:=!]|<[=!])|(?!\?))/);
    if (opening?.startsWith('(?P=') === true) return { source: `\\k<${opening.slice(4, -1)}>`, ways: 1 };
    if (opening !== undefined) {
      const inner = this.#alternatives();
      if (this.#take(/^\)/) === undefined) throw new TypeError('not a regular expression: a ( without its )');
      return { source: `${opening.replace('?P<', '?<')}${inner.source})`, ways: inner.ways };
    }
    const stray = this.#take(QUANTIFIER);
    if (stray !== undefined) throw new TypeError(`not a regular expression: nothing for ${stray} to repeat`);
    const special = this.#take(/^\(\?[^)]*/);
    if (special !== undefined) throw new TypeError(`${special} is not supported in patterns`);
    const set = this.#take(/^\[\^?/);
    if (set !== undefined) return { source: this.#set(set), ways: 1 };
    const escape = this.#escape(OUTSIDE);
    if (escape !== undefined) return { source: escape, ways: 1 };
    const char = this.#take(/^[\s\S]/u) ?? '';
    if (char === '.') return { source: '[^\\n]', ways: 1 };
    return { source: /[\]{}/]/.test(char) ? `\\${char}` : char, ways: 1 };
  }

  /** A ] that comes first stands for itself. */
  #set(opening: string): string {
    let source = opening + (this.#take(/^\]/) === undefined ? '' : '\\]');
    while (this.#take(/^\]/) === undefined) {
      if (this.#rest === '') throw new TypeError('not a regular expression: a [ without its ]');
      source += this.#escape(INSIDE) ?? this.#take(/^[\s\S]/u) ?? '';
    }
    return `${source}]`;
  }

  #escape(own: Readonly<Record<string, string>>): string | undefined {
    const number = this.#take(/^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[1-9])/);
    if (number !== undefined)
      return number.startsWith('\\U') ? `\\u{${number.slice(2).replace(/^0+(?=.)/, '')}}` : number;
    const text = this.#take(/^\\[\s\S]?/u);
    if (text === undefined) return undefined;
    const char = text.slice(1);
    const translated = Object.hasOwn(own, char) ? own[char] : ANYWHERE[char];
    if (translated !== undefined) return translated;
    if (/^[nrtfvsS]$/.test(char)) return text;
    if (char === '' || /^[A-Za-z0-9]$/.test(char))
      throw new TypeError(`not a regular expression: the escape ${text} is not supported`);
    return /^[\^$\\.*+?()[\]{}|/]$/.test(char) || (own === INSIDE && char === '-') ? text : char;
  }

  #take(what: RegExp): string | undefined {
    const found = what.exec(this.#rest)?.[0];
    if (found !== undefined) this.#rest = this.#rest.slice(found.length);
    return found;
  }
}

function bounds(quantifier: string): [number, number] {
  if (quantifier === '?') return [0, 1];
  if (quantifier === '*') return [0, Infinity];
  if (quantifier === '+') return [1, Infinity];
  const [least = '', most = least] = quantifier.slice(1, -1).split(',');
  return [Number(least), most === '' ? Infinity : Number(most)];
}
