/** A value of an INI file; lines of a value that goes on below are joined by `\n`. */
export interface IniOption {
  readonly value: string;
  readonly line: number;
}

/** A section of an INI file, with its options by name in lower case. Lines count from 1. */
export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly options: ReadonlyMap<string, IniOption>;
}

interface OpenSection extends IniSection {
  readonly options: Map<string, IniOption>;
}

/** An option as the lines that follow may still extend it. */
interface OpenOption {
  readonly key: string;
  readonly indent: number;
}

/** Python's name for the section whose options hold for all that lack them. */
const DEFAULTS = 'DEFAULT';

/**
 * Reads an INI file as Python's ConfigParser does: sections in order, names up to the last `]`; `key = value` or `key: value`; comment
 * lines with # or ;; lines that are indented deeper than their key go on with its value; options of `[DEFAULT]` hold in all sections.
 * @throws TypeError with the line, for what ConfigParser refuses (doubled sections or options, options outside sections, lines without
 * delimiter) and for `%(…)s`, which is not supported; `%%` is a percent sign
 */
export function parseIni(text: string): IniSection[] {
  const sections = new Map<string, OpenSection>();
  let section: OpenSection | undefined;
  let option: OpenOption | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    const indent = raw.length - raw.trimStart().length;
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    if (section !== undefined && option !== undefined && indent > option.indent) {
      const known = section.options.get(option.key);
      section.options.set(option.key, {
        value: `${known?.value ?? ''}\n${valueOf(content, line)}`,
        line: known?.line ?? line,
      });
      continue;
    }
    const name = sectionName(content, line);
    if (name !== undefined) {
      const twin = sections.get(name);
      if (twin !== undefined)
        throw new TypeError(`line ${line}: section [${name}] is already defined on line ${twin.line}`);
      section = { name, line, options: new Map() };
      option = undefined;
      sections.set(name, section);
      continue;
    }
    if (section === undefined) throw new TypeError(`line ${line}: there is no [section] above "${content}"`);
    const read = readOption(content, line, section);
    section.options.set(read.key, { value: read.value, line });
    option = { key: read.key, indent };
  }
  const defaults = sections.get(DEFAULTS)?.options ?? new Map<string, IniOption>();
  return [...sections.values()]
    .filter(({ name }) => name !== DEFAULTS)
    .map((own) => ({ ...own, options: new Map([...defaults, ...own.options]) }));
}

function sectionName(content: string, line: number): string | undefined {
  const [, name, rest = ''] = /^\[(.+)\](.*)$/.exec(content) ?? [];
  if (name !== undefined && !/^\s*([#;].*)?$/.test(rest))
    throw new TypeError(`line ${line}: "${rest.trim()}" behind section [${name}]`);
  return name;
}

function readOption(content: string, line: number, section: IniSection): { key: string; value: string } {
  const at = content.search(/[=:]/);
  if (at === -1) throw new TypeError(`line ${line}, section [${section.name}]: no = or : in "${content}"`);
  const key = content.slice(0, at).trim().toLowerCase();
  if (key === '') throw new TypeError(`line ${line}, section [${section.name}]: no name before "${content}"`);
  const twin = section.options.get(key);
  if (twin !== undefined)
    throw new TypeError(
      `line ${line}, section [${section.name}]: ${key} is already defined on line ${twin.line}`,
    );
  return { key, value: valueOf(content.slice(at + 1).trim(), line) };
}

function valueOf(text: string, line: number): string {
  if (/%(?!%)/.test(text.replaceAll('%%', '')))
    throw new TypeError(`line ${line}: a % in "${text}"; a percent sign is written %%`);
  return text.replaceAll('%%', '%');
}
