import { VERSION } from '../../version.ts';
import { parseMarkdown, topicsIn } from '../manual/markdown.ts';
import { topicOf } from '../manual/pages.ts';
import { describeBlock, WITHOUT_HYPHENS } from './blocks.ts';
import { quoted, type Reference, section, seeAlso, text } from './roff.ts';

/** doskara-<topic>(7), as roff lines, from the page behind `doskara help <topic>`. */
export function topicPage(page: string): string[] {
  const { name, summary } = topicOf(page);
  const [, ...blocks] = parseMarkdown(page);
  return [
    `.TH ${quoted(`DOSKARA-${name.toUpperCase()}`)} 7 "" ${quoted(`Doskara ${VERSION}`)} "Doskara port"`,
    ...WITHOUT_HYPHENS,
    ...section('NAME', [text(`doskara-${name} - ${summary}`)]),
    ...(blocks[0]?.kind === 'heading' ? [] : ['.SH DESCRIPTION']),
    ...blocks.flatMap(describeBlock),
    ...section('SEE ALSO', seeAlso([['doskara', 1], ...topicsIn(page).map((to): Reference => [`doskara-${to}`, 7])])),
  ];
}
