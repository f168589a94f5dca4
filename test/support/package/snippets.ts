export interface Snippet {
  readonly language: 'js' | 'ts';
  /** Whether it is run, or only compiled. */
  readonly use: 'runnable' | 'checked';
  readonly code: string;
}

/** The fenced blocks of a Markdown text whose info string says that a test takes them: `js runnable`, `ts checked`. */
export function snippetsOf(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```(js|ts) (runnable|checked)\n(.*?)^```$/gms)].map(
    ([, language, use, code]) => ({
      language: language === 'ts' ? 'ts' : 'js',
      use: use === 'checked' ? 'checked' : 'runnable',
      code: code ?? '',
    }),
  );
}
