import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packProject, ROOT } from '../support/package/packed.js';

const REPOSITORY = 'https://github.com/express-image-registry/express-image-registry/blob/main/';

/** Addresses of the links in a Markdown file, without those to places on the same page. */
function linksOf(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, address = '']) => address);
  return inline.map((address) => address.replace(/#.*$/, '')).filter((address) => address !== '');
}

describe('the links of the documents in the package', function () {
  this.timeout(300_000);
  let files: readonly string[];
  let documents: string[];

  before(async () => {
    ({ files } = await packProject());
    documents = files.filter((file) => file.endsWith('.md'));
  });

  it('lead to files of the repository', () => {
    for (const document of documents)
      for (const link of linksOf(document).filter((one) => one.startsWith(REPOSITORY)))
        assert.ok(existsSync(path.join(ROOT, link.slice(REPOSITORY.length))), `${document}: ${link}`);
  });

  it('lead to files of the package where they are relative', () => {
    for (const document of documents)
      for (const link of linksOf(document).filter((one) => !/^[a-z]+:/.test(one)))
        assert.ok(
          files.includes(path.posix.join(path.posix.dirname(document), link)),
          `${document}: ${link}`,
        );
  });

  it('are addresses in README.md, which npm shows on a page of its own', () => {
    assert.deepEqual(
      linksOf('README.md').filter((link) => !link.startsWith('https://')),
      [],
    );
  });
});
