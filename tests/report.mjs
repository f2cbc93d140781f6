/*
 * report.mjs - look at pages of wb-automation report as a browser shows them
 *
 * usage: report.mjs FILE…
 *
 * Exit status: 0 if each is valid HTML, fits into narrow and wide screens, has no fault that axe-core
 * finds in light or dark, fetches nothing, and shows the numbers that it has in its table.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { execFileSync } from 'node:child_process';
import axe from 'axe-core';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';

const faults = [];
let file;
const fault = (text) => faults.push(`${path.basename(file)}: ${text}`);

/* ---- the text ---- */

async function validate() {
  const validator = new HtmlValidate({
    root: true,
    extends: ['html-validate:standard', 'html-validate:document', 'html-validate:a11y'],
    rules: {
      // ours are meant for people, not for the rule's idea of how long they should be
      'long-title': 'off',
      'no-inline-style': 'error',
    },
  });
  const { results } = await validator.validateString(fs.readFileSync(file, 'utf8'));
  for (const { messages } of results)
    for (const m of messages) fault(`${m.line}:${m.column}: ${m.message} [${m.ruleId}]`);
}

/* ---- what is seen ---- */

/* In the page: what makes it scroll sideways, and what its bars and its table say. */
function measure() {
  const root = document.scrollingElement;
  const rows = [...document.querySelectorAll('details table tbody tr')].map((row) =>
    [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll(',', ''))));
  const bars = [...document.querySelectorAll('.chart g')].filter((g) => g.querySelector('.hit')).map((g) => {
    const bar = { title: g.querySelector('title').textContent };
    for (const rect of g.querySelectorAll('rect:not(.hit)')) {
      const box = rect.getBoundingClientRect();
      bar[rect.getAttribute('class')] = { x: box.x, y: box.y + scrollY, width: box.width, height: box.height };
    }
    return bar;
  });
  const number = (text) => parseFloat(text.replaceAll(',', '')) * ({ k: 1e3, M: 1e6 }[text.at(-1)] ?? 1);
  const lines = [...document.querySelectorAll('.chart .grid')].map((line) => ({
    y: line.getBoundingClientRect().y + scrollY,
    value: number(line.nextElementSibling.textContent),
  }));
  const cut = [...document.querySelectorAll('.chart text')].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth || box.left < 0);
  }).length;
  const over = [...document.querySelectorAll('.chart text')].filter((text) => {
    const a = text.getBoundingClientRect();
    return [...document.querySelectorAll('.chart rect:not(.hit)')].some((rect) => {
      const b = rect.getBoundingClientRect();
      return a.width > 0 && b.width > 0 && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    });
  }).length;
  const style = getComputedStyle(document.documentElement);
  return {
    width: root.scrollWidth, rows, bars, lines, cut, over,
    background: getComputedStyle(document.body).backgroundColor,
    colours: Object.fromEntries(['finished', 'failed', 'pending', 'other', 'ink', 'soft'].map((name) => [name, style.getPropertyValue(`--${name}`).trim()])),
    grounds: ['page', 'panel'].map((name) => style.getPropertyValue(`--${name}`).trim()),
    handlers: [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on'))).length,
    scripts: document.scripts.length,
  };
}

/* As WCAG 2 defines it, of colours as #rrggbb. */
function contrast(...colours) {
  const [low, high] = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/* A bar has the height that its number has by the lines, or is just high enough to be seen. */
function checkBars({ rows, bars, lines }, where) {
  if (bars.length !== rows.length) fault(`${where}: ${bars.length} bars for ${rows.length} rows`);
  if (bars.length === 0) return;
  const [one] = lines;
  const last = lines.at(-1);
  const ground = lines.length > 1 ? one.y + (one.y - last.y) / (last.value - one.value) * one.value : null;
  rows.forEach((row, i) => {
    ['finished', 'failed', 'pending'].forEach((name, k) => {
      const height = bars[i][name]?.height ?? 0;
      if ((row[k] > 0) !== (height > 0)) fault(`${where}: bar ${i} (${bars[i].title}): ${name} ${row[k]}, height ${height}`);
      if (ground === null || row[k] === 0) return;
      const want = Math.max(3, (ground - last.y) / last.value * row[k]);
      if (Math.abs(height - want) > 0.6) fault(`${where}: bar ${i}: ${name} ${row[k]}, height ${height}, not ${want}`);
      if (!bars[i].title.includes(`${row[k].toLocaleString('en')} ${name}`)) fault(`${where}: bar ${i}: title ${bars[i].title}`);
    });
  });
}

/* In a page of its own: how many pixels of a picture have a colour, but for smoothed edges. */
async function countPixels({ png, colour }) {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const want = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  let n = 0;
  for (let i = 0; i < data.length; i += 4) if (want.every((value, k) => Math.abs(data[i + k] - value) <= 3)) n++;
  return n;
}

/* What is in the table is seen in its colour. */
async function checkPixels(page, blank, { bars, colours }, where) {
  if (bars.length === 0) return;
  const png = (await page.locator('.chart').screenshot()).toString('base64');
  for (const name of ['finished', 'failed', 'pending', 'other']) {
    const there = bars.some((bar) => bar[name]);
    const pixels = await blank.evaluate(countPixels, { png, colour: colours[name] });
    if (there !== pixels > 3) fault(`${where}: ${name} is ${there ? '' : 'not '}there, and has ${pixels} pixels of ${colours[name]}`);
  }
}

async function checkAccess(page, where) {
  await page.evaluate(axe.source);
  const { violations, incomplete } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations', 'incomplete'] }));
  for (const { id, help, nodes } of violations) fault(`${where}: ${id}: ${help}: ${nodes[0].html.slice(0, 300)}`);
  // texts of the chart are looked at elsewhere: axe does not see what is behind them
  const untold = incomplete.filter(({ id }) => id === 'color-contrast').flatMap(({ nodes }) => nodes)
    .filter(({ html }) => !html.startsWith('<text'));
  if (untold.length > 0) fault(`${where}: the contrast cannot be told of ${untold[0].html.slice(0, 300)}`);
}

async function look(browser, width, colorScheme, { media = 'screen', axed = false } = {}) {
  const where = `${width}, ${colorScheme}, ${media}`;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('dialog', (dialog) => fault(`${where}: a dialog: ${dialog.message()}`));
  page.on('console', (message) => fault(`${where}: console: ${message.text()}`));
  await page.emulateMedia({ media, colorScheme });
  await page.goto(pathToFileURL(file).href);
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  const seen = await page.evaluate(measure);
  if (media === 'screen' && seen.width > width) fault(`${where}: ${seen.width} wide`);
  if (seen.cut > 0) fault(`${where}: ${seen.cut} texts of the chart are cut`);
  if (seen.over > 0) fault(`${where}: ${seen.over} texts of the chart stand on bars`);
  for (const [name, colour] of Object.entries(seen.colours))
    for (const ground of seen.grounds)
      if (contrast(colour, ground) < 4.5) fault(`${where}: ${name}: contrast ${contrast(colour, ground)} on ${ground}`);
  if (seen.handlers + seen.scripts > 0) fault(`${where}: ${seen.handlers} handlers, ${seen.scripts} scripts`);
  checkBars(seen, where);
  const blank = await context.newPage();
  await checkPixels(page, blank, seen, where);
  if (axed) await checkAccess(page, where);
  if (requests.length !== 1) fault(`${where}: fetches ${requests.slice(1, 4)}`);
  await context.close();
  return seen;
}

const browser = await chromium.launch({
  executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
  // what runs tests may be root, and is to reach no network
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--no-first-run', '--host-resolver-rules=MAP * ~NOTFOUND'],
});
try {
  for (const name of process.argv.slice(2)) {
    file = path.resolve(name);
    await validate();
    const light = await look(browser, 1280, 'light', { axed: true });
    const dark = await look(browser, 360, 'dark', { axed: true });
    const paper = await look(browser, 800, 'dark', { media: 'print' });
    if (light.background === dark.background) fault('dark: the background is that of light');
    if (paper.background !== 'rgb(255, 255, 255)') fault(`paper is ${paper.background}`);
  }
} finally {
  await browser.close();
}
for (const text of faults.slice(0, 20)) console.log(text);
process.exitCode = faults.length > 0 ? 1 : 0;
