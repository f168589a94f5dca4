export interface Snippet {
  readonly language: 'js' | 'ts';
  readonly code: string;
}

/** The fenced blocks of a Markdown text whose info string is `js runnable` or `ts runnable`. */
export function runnableSnippets(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```(js|ts) runnable\n(.*?)^```$/gms)].map(([, language, code]) => ({
    language: language === 'ts' ? 'ts' : 'js',
    code: code ?? '',
  }));
}
