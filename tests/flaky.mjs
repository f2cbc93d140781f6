#!/usr/bin/env node
/*
 * flaky - a fast HTTP/1.1 receiver that fails some requests at random and watches their order
 *
 * usage: flaky.mjs --log FILE [--seed N] [--fail PER-MILLION]
 *
 * Prints "ready PORT" once it listens on 127.0.0.1; on SIGTERM it writes what is left of its log and ends.
 *
 * The body of a request is "KEY N". Most are answered 200; the others 503 or 500, or their connection is closed or
 * reset in place of an answer. Requests that are there at the same time are answered in no particular order.
 *
 * The log has a line for each request, in the order in which they came: KEY N OUTCOME, where OUTCOME is 200, 503, 500,
 * close or reset; and "overlap KEY N" for one that comes while another of its key is not answered.
 */
import fs from 'node:fs';
import net from 'node:net';
import { parseArgs } from 'node:util';

const LINES = 4096; // that are written at once
const FAILURES = ['503', '500', 'close', 'reset'];
const REASONS = { 200: 'OK', 500: 'Internal Server Error', 503: 'Service Unavailable' };

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    seed: { type: 'string', default: '1' },
    fail: { type: 'string', default: '0' },
  },
});
const log = fs.openSync(values.log, 'a');
const perMillion = Number(values.fail);
const answering = new Set(); // keys
let state = Number(values.seed) >>> 0;
let lines = [];
let waiting = [];

/* mulberry32: from 0 to 1 */
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

function flush() {
  if (lines.length > 0) fs.writeSync(log, lines.join('\n') + '\n');
  lines = [];
}

function say(line) {
  lines.push(line);
  if (lines.length >= LINES) flush();
}

function answer({ socket, key, outcome }) {
  answering.delete(key);
  if (outcome === 'close') socket.destroy();
  else if (outcome === 'reset') socket.resetAndDestroy();
  else socket.write(`HTTP/1.1 ${outcome} ${REASONS[outcome]}\r\nContent-Length: 2\r\n\r\nok`);
}

function answerAll() {
  const all = waiting;
  waiting = [];
  for (let i = all.length - 1; i >= 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
    answer(all[i]);
  }
}

function take(socket, body) {
  const key = body.split(' ', 1)[0];
  const outcome = random() * 1e6 < perMillion ? FAILURES[Math.floor(random() * FAILURES.length)] : '200';
  if (answering.has(key)) say(`overlap ${body}`);
  answering.add(key);
  say(`${body} ${outcome}`);
  if (waiting.length === 0) setTimeout(answerAll, 1);
  waiting.push({ socket, key, outcome });
}

function serve(socket) {
  let text = '';
  socket.setNoDelay(true).setEncoding('latin1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    const length = end < 0 ? null : /\r\ncontent-length: ([0-9]+)/i.exec(text);
    if (end >= 0 && !length) return void socket.destroy();
    if (end < 0 || text.length < end + 4 + Number(length[1])) return;
    take(socket, text.slice(end + 4));
    text = '';
  });
}

const server = net.createServer(serve);
process.on('SIGTERM', () => {
  flush();
  process.exit(0);
});
server.listen(0, '127.0.0.1', 4096, () => fs.writeSync(1, `ready ${server.address().port}\n`));
