/*
 * links.mjs - see that links of HTML files lead somewhere
 *
 * usage: node links.mjs FILE.html…
 *
 * A link must lead to one of the files, to a file beside it, or to an id of one of them; those to other hosts are
 * counted. Exit status: 1 if any does not.
 */
import fs from 'node:fs';
import path from 'node:path';

const unescape = (text) =>
  text.replace(/&(?:amp|lt|gt|quot|#x([0-9a-f]+)|#(\d+));/gi, (all, hex, decimal) =>
    hex ? String.fromCodePoint(parseInt(hex, 16))
    : decimal ? String.fromCodePoint(Number(decimal))
    : { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' }[all]);
const attributes = (text, name) =>
  [...text.matchAll(new RegExp(`<[^<>]*?\\s${name}="([^"]*)"`, 'g'))].map((match) => unescape(match[1]));

const ids = new Map(); /* file: its ids */
function idsOf(file) {
  if (!ids.has(file)) ids.set(file, new Set(attributes(fs.readFileSync(file, 'utf8'), 'id')));
  return ids.get(file);
}

function leadsSomewhere(file, link) {
  const [target, fragment] = link.split('#');
  const where = target === '' ? file : path.join(path.dirname(file), decodeURIComponent(target));
  if (!fs.existsSync(where)) return false;
  return fragment === undefined || idsOf(where).has(decodeURIComponent(fragment));
}

let links = 0;
let elsewhere = 0;
const broken = [];
for (const file of process.argv.slice(2)) {
  for (const link of attributes(fs.readFileSync(file, 'utf8'), 'href')) {
    links++;
    if (/^[a-z]+:/.test(link)) elsewhere++;
    else if (!leadsSomewhere(file, link)) broken.push(`${path.basename(file)}: ${link}`);
  }
}
for (const line of broken) console.log(line);
console.log(`${links} links, ${broken.length} broken, ${elsewhere} elsewhere`);
process.exit(broken.length > 0 ? 1 : 0);
