export interface Snippet {
  readonly language: 'js' | 'ts';
  readonly code: string;
}

/**
 * The fenced blocks of a Markdown text whose info string is `js runnable` or `ts runnable`, each with the blocks after it that are
 * `js continued` or `ts continued`.
 */
export function runnableSnippets(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  for (const [, language, part, code = ''] of markdown.matchAll(
    /^```(js|ts) (runnable|continued)\n(.*?)^```$/gms,
  )) {
    const before = part === 'continued' ? snippets.pop() : undefined;
    snippets.push({ language: language === 'ts' ? 'ts' : 'js', code: (before?.code ?? '') + code });
  }
  return snippets;
}
