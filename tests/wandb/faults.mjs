/*
 * faults - which requests go wrong, and how
 *
 * A rule is {kind, when, skip, times, chance, executed, …}; wandb.mjs says at its top what each means. Its kind makes
 * something else of the answer {status, headers, body (an object, or bytes), …}:
 *   break, where   "close", "reset" or "hang": "before" a byte is sent, or within the "body"
 *   isChunked      without a length
 *   filler         so many bytes more, of "x", at the place of FILLER in the body
 *   isHeld, delay  sent when told to, or later
 *   commands       given to the server before it is sent
 */
import { gzipSync } from 'node:zlib';
import { ModelError } from './model.mjs';

export const FILLER = '@FILLER@';

const json = (value) => Buffer.from(JSON.stringify(value));
const HTML = '<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>\n';

function errorBody(message, code = 'INTERNAL') {
  return { errors: [{ message, extensions: { code } }], data: null };
}

/* The object and the key that a path leads to, or null; the path starts at the answer's top. */
function locate(body, path) {
  const keys = path.split('.');
  const last = keys.pop();
  let at = body;
  for (const key of keys) at = at?.[key];
  return at !== null && typeof at === 'object' && last in at ? [at, last] : null;
}

/* A copy with another value at the path, or null where the answer has no such place. */
function replaced(answer, path, value) {
  const body = JSON.parse(JSON.stringify(answer.body));
  const place = locate(body, path);
  if (!place) return null;
  place[0][place[1]] = value;
  return { ...answer, body };
}

function nestedErrors(depth) {
  let error = { message: `level ${depth}` };
  for (let level = depth - 1; level > 0; level--)
    error = { message: `level ${level}`, extensions: { errors: [error] } };
  return { errors: [error], data: null };
}

/* The bytes go into the first string of the data, or of the member that is named. */
function withBytes(answer, hex, member) {
  const text = json(answer.body).toString('latin1');
  const found = member ? text.indexOf(`"${member}":"`) : text.search(/":"/);
  if (found < 0) return null;
  const at = text.indexOf(':"', found) + 2;
  const bad = Buffer.from(hex, 'hex').toString('latin1');
  return { ...answer, body: Buffer.from(text.slice(0, at) + bad + text.slice(at), 'latin1') };
}

function rateLimited(answer, { retry_after, retry_in, remaining = 0, reset = 1 }) {
  const headers = { 'RateLimit-Remaining': String(remaining), 'RateLimit-Reset': String(reset) };
  if (retry_after !== undefined) headers['Retry-After'] = String(retry_after);
  if (retry_in !== undefined) headers['Retry-After'] = new Date(Date.now() + retry_in * 1000).toUTCString();
  return { ...answer, status: 429, headers, body: errorBody('rate limit exceeded', 'RATE_LIMITED') };
}

/* Each has the options it takes, with null where there is no default, and makes the answer; null: not this one. */
const KINDS = {
  status: [{ status: 500, headers: {}, body: null }, (answer, { status, headers, body }) =>
    ({ ...answer, status, headers, body: body === null ? errorBody(`status ${status}`) : Buffer.from(body) })],
  rate_limit: [{ retry_after: undefined, retry_in: undefined, remaining: 0, reset: 1 }, rateLimited],
  truncate: [{ chunked: false }, (answer, { chunked }) =>
    ({ ...answer, break: 'close', where: 'body', isChunked: chunked })],
  close: [{ where: 'before' }, (answer, { where }) => ({ ...answer, break: 'close', where })],
  reset: [{ where: 'body' }, (answer, { where }) => ({ ...answer, break: 'reset', where })],
  hang: [{ where: 'before' }, (answer, { where }) => ({ ...answer, break: 'hang', where })],
  meanwhile: [{ commands: [] }, (answer, { commands }) => ({ ...answer, commands })],
  hold: [{}, (answer) => ({ ...answer, isHeld: true })],
  delay: [{ ms: 100 }, (answer, { ms }) => ({ ...answer, delay: ms })],
  huge: [{ bytes: 100 * 1000 * 1000, chunked: false }, (answer, { bytes, chunked }) =>
    ({ ...answer, status: 200, body: { data: { project: { name: FILLER } } }, filler: bytes, isChunked: chunked })],
  nested: [{ depth: 1000, status: 200 }, (answer, { depth, status }) =>
    ({ ...answer, status, body: Buffer.from(`{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`) })],
  nested_errors: [{ depth: 10, status: 200 }, (answer, { depth, status }) =>
    ({ ...answer, status, body: nestedErrors(depth) })],
  invalid_utf8: [{ bytes: 'ff', member: null }, (answer, { bytes, member }) => withBytes(answer, bytes, member)],
  replace: [{ path: '', value: null }, (answer, { path, value }) => replaced(answer, path, value)],
  partial: [{ path: '', message: 'internal error', code: 'INTERNAL' }, (answer, { path, message, code }) => {
    const partial = replaced(answer, path, null);
    const error = { message, path: path.split('.').slice(1), extensions: { code } };
    if (partial) partial.body.errors = [...(partial.body.errors ?? []), error];
    return partial;
  }],
  errors: [{ status: 200, message: 'internal error', code: 'INTERNAL' }, (answer, { status, message, code }) =>
    ({ ...answer, status, body: errorBody(message, code) })],
  html: [{ status: 502, body: HTML }, (answer, { status, body }) =>
    ({ ...answer, status, headers: { 'Content-Type': 'text/html' }, body: Buffer.from(body) })],
  redirect: [{ status: 307, location: '/elsewhere' }, (answer, { status, location }) =>
    ({ ...answer, status, headers: { Location: location }, body: Buffer.alloc(0) })],
  gzip: [{}, (answer) =>
    ({ ...answer, headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(json(answer.body)) })],
};

const RULE_MEMBERS = ['when', 'skip', 'times', 'chance', 'executed'];
const WHEN = {
  request: (request, n) => request.n === n,
  operation: (request, name) => request.operation === name,
  field: (request, name) => request.fields.includes(name),
  contains: (request, text) => request.text.includes(text),
  variables: (request, wanted) => Object.entries(wanted)
    .every(([name, value]) => JSON.stringify(request.variables?.[name]) === JSON.stringify(value)),
};

/* mulberry32: from 0 to 1 */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Faults {
  constructor() {
    this.rules = [];
    this.random = randomFrom(1);
  }

  seed(n) {
    this.random = randomFrom(n);
  }

  add({ kind, ...rest }) {
    if (!Object.hasOwn(KINDS, kind)) throw new ModelError(`fault: unknown kind '${kind}'`);
    const [defaults] = KINDS[kind];
    for (const name of Object.keys(rest))
      if (!(name in defaults) && !RULE_MEMBERS.includes(name)) throw new ModelError(`fault ${kind}: unknown '${name}'`);
    for (const name of Object.keys(rest.when ?? {}))
      if (!Object.hasOwn(WHEN, name)) throw new ModelError(`fault: when: unknown '${name}'`);
    const { when = {}, skip = 0, times = 1, chance = 1, executed = true, ...options } = rest;
    const left = times === 'always' ? Infinity : times;
    const rule = { kind, when, skip, left, chance, executed, options: { ...defaults, ...options }, used: 0 };
    this.rules.push(rule);
  }

  /* The rules that may do something to a request, which is thereby counted. */
  matching(request) {
    return this.rules.filter((rule) => {
      if (rule.left === 0) return false;
      if (!Object.entries(rule.when).every(([name, wanted]) => WHEN[name](request, wanted))) return false;
      if (rule.skip > 0 && rule.skip--) return false;
      return rule.chance === 1 || this.random() < rule.chance;
    });
  }

  /* What the first of these rules that can makes of the answer. */
  apply(rules, answer) {
    for (const rule of rules) {
      const other = KINDS[rule.kind][1](answer, rule.options);
      if (!other) continue;
      rule.left--;
      rule.used++;
      return { ...other, fault: rule.kind };
    }
    return answer;
  }
}
