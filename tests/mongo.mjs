#!/usr/bin/env node
/*
 * mongo - random filters as W&B saves them, random events, and which match: what an import is compared with
 *
 * usage: mongo.mjs SEED FILTERS EVENTS
 *
 * Prints {automations, events, matches}: commands for the stand-in W&B server, one filter each; events of wb-record(5);
 * and "AUTOMATION EVENT" of each pair that matches, by an evaluator that knows nothing of the tools: MongoDB's manual,
 * as far as its operators go, $contains of W&B, and JavaScript's own regular expressions.
 */
const [seed, nfilters, nevents] = process.argv.slice(2).map(Number);

/* ---- chance ---- */

let state = seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const some = (make, max, min = 0) => Array.from({ length: min + below(max - min + 1) }, make);

/* ---- what it means ---- */

const TYPES = { string: 'string', number: 'number', boolean: 'boolean' };

/* By code points, as by the bytes of UTF-8. */
function compareStrings(a, b) {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++)
    if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
  return x.length - y.length;
}

function compare(a, b) {
  return typeof a === 'string' ? compareStrings(a, b) : Number(a) - Number(b);
}

/* MongoDB compares values of one type only; here those that JSON has but null, lists and objects. */
function ordered(test) {
  return (value, operand) => TYPES[typeof value] !== undefined && typeof value === typeof operand &&
    test(compare(value, operand));
}

const POSITIVE = {
  $eq: (value, operand) => (value ?? null) === operand,
  $gt: ordered((order) => order > 0),
  $gte: ordered((order) => order >= 0),
  $lt: ordered((order) => order < 0),
  $lte: ordered((order) => order <= 0),
  $in: (value, operand) => operand.some((one) => POSITIVE.$eq(value, one)),
  $regex: (value, operand) => typeof value === 'string' && compileRegex(operand).test(value),
  $contains: (value, operand) => typeof value === 'string' && value.includes(operand),
};
const NEGATIVE = { $ne: '$eq', $nin: '$in' };

const regexes = new Map();
function compileRegex(text) {
  if (!regexes.has(text)) {
    const flags = /^\(\?([is]+)\)/.exec(text);
    regexes.set(text, new RegExp(flags ? text.slice(flags[0].length) : text, flags ? flags[1] : ''));
  }
  return regexes.get(text);
}

/* All that a path leads to: a name leads into each object of a list, a number to an item of it, too. */
function reach(value, keys) {
  if (keys.length === 0) return [value];
  const [key, ...rest] = keys;
  const inside = (object) => (object !== null && typeof object === 'object' && !Array.isArray(object) &&
    Object.hasOwn(object, key) ? reach(object[key], rest) : []);
  if (!Array.isArray(value)) return inside(value);
  const items = /^(0|[1-9]\d*)$/.test(key) && Number(key) < value.length ? reach(value[Number(key)], rest) : [];
  return [...value.flatMap(inside), ...items];
}

/* A member that is null is absent. */
function find(event, path) {
  const [name, ...keys] = path.split('.');
  const top = event[name === 'metadata' ? 'artifact_metadata' : name] ?? null;
  if (keys.length > 0) return reach(top, keys);
  return top === null ? [] : [top];
}

/* What is tested: of a list its items, too; of nothing, null. */
function candidates(found) {
  return found.length === 0 ? [null] : found.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]));
}

function holds(event, path, operator, operand) {
  if (operator === '$not') return !holdsAll(event, path, operand);
  if (operator === '$and') return operand.every((one) => holdsAll(event, path, one));
  if (operator === '$or') return operand.some((one) => holdsAll(event, path, one));
  if (operator === '$nor') return !operand.some((one) => holdsAll(event, path, one));
  const found = find(event, path);
  if (operator === '$exists') return (found.length > 0) === operand;
  const negated = NEGATIVE[operator];
  return candidates(found).some((value) => POSITIVE[negated ?? operator](value, operand)) !== Boolean(negated);
}

function holdsAll(event, path, condition) {
  const operators = condition !== null && typeof condition === 'object' ? condition : { $eq: condition };
  return Object.entries(operators).every(([operator, operand]) => holds(event, path, operator, operand));
}

function matches(event, filter) {
  return Object.entries(filter).every(([key, value]) => {
    if (key === '$and') return value.every((one) => matches(event, one));
    if (key === '$or') return value.some((one) => matches(event, one));
    if (key === '$nor') return !value.some((one) => matches(event, one));
    if (key === '$not') return !matches(event, value);
    return holdsAll(event, key, value);
  });
}

/* ---- random ones ---- */

const TEXTS = ['prod', 'production', 'Prod', 'staging', 'v1', 'v10', 'a.b', 'x-y_z', 'é', '日本', '\u{1f600}', '\ufb01',
  'a"b\\c', 'ab', 'b', '(a)', '$x', 'tab\there', 'prod-2', 'line\nbreak', ' ', 'NaN', 'null', '1'];
const NUMBERS = [0, 1, -1, 2, 0.5, 0.93, 1e3, -2.5, 100, 9007199254740992, 1e-7, 1e300];
const KEYS = ['accuracy', 'tags', 'deep', 'a', '0', 'b c', 'é'];
const TYPES_OF_EVENTS = { LINK_MODEL: null, UNLINK_ARTIFACT: null, CREATE_ARTIFACT: null, ADD_ARTIFACT_ALIAS: 'alias',
  ADD_ARTIFACT_TAG: 'tag', REMOVE_ARTIFACT_TAG: 'tag', ADD_COLLECTION_TAG: 'tag', REMOVE_COLLECTION_TAG: 'tag' };

const text = () => (below(4) ? pick(TEXTS) : pick(TEXTS) + pick(TEXTS));
const scalar = () => pick([text, text, () => pick(NUMBERS), () => pick([true, false])])();

/* Of what all engines have in common; where JavaScript has another meaning, as for \w of "é", it is left out. */
function regex(depth = 2) {
  const group = (open, inside) => (depth > 0 ? `${open}${inside()})` : 'a');
  const inner = () => regex(depth - 1);
  const atom = () => pick([() => pick(['a', 'b', 'prod', 'v', 'x', '1', '日', '\\.', '\\(', '\\$', '-', '\\\\', ' ']),
    () => pick(['.', '[a-z]', '[^a-z]', '[0-9_-]', '[.*]', '[^\\]"]', '\\d', '[\\d.]']),
    () => group('(', inner), () => group('(?:', () => `${inner()}|${inner()}`)])();
  const repeated = () => atom() + pick(['', '', '', '?', '*', '+', '*?', '{2}', '{1,2}', '{1,}?']);
  const piece = () => (depth < 2 || below(12) ? repeated() : group(pick(['(?=', '(?!']), inner));
  const body = some(piece, 3, 1).join('');
  if (depth < 2) return body;
  return pick(['', '', '^', '(?i)', '(?s)', '(?i)^']) + body + pick(['', '', '$']);
}

const fieldOf = (member) => (member && below(2) ? member : pick(['event_author', 'artifact_collection_name',
  'project_name', 'artifact_version_index', 'metadata', 'metadata.accuracy', 'metadata.accuracy', 'metadata.tags',
  'artifact_metadata.deep.a', 'metadata.deep.a.b c', 'metadata.tags.0', 'metadata.a.0.a', 'metadata.é']));

function operand(operator, field) {
  const nullable = !field.includes('.') && below(8) === 0;
  if (operator === '$exists') return below(2) === 1;
  if (operator === '$in' || operator === '$nin') return some(scalar, 4).concat(nullable ? [null] : []);
  if (operator === '$regex') return regex();
  if (operator === '$contains') return pick(['', 'a', 'prod', 'o', '日', '.', '"b\\', '\t', 'é', '(a)']);
  return (operator === '$eq' || operator === '$ne') && nullable ? null : scalar();
}

const OPERATORS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$regex', '$contains'];

function operators(field, depth) {
  const all = {};
  for (let i = below(2); i >= 0; i--) {
    const operator = depth > 0 && below(8) === 0 ? pick(['$not', '$and', '$or', '$nor']) : pick(OPERATORS);
    if (operator === '$not') all.$not = operators(field, depth - 1);
    else if (['$and', '$or', '$nor'].includes(operator)) all[operator] = some(() => operators(field, depth - 1), 2, 1);
    else all[operator] = operand(operator, field);
  }
  return all;
}

function filter(member, depth) {
  const all = {};
  for (let i = below(depth > 0 ? 3 : 2); i >= 0; i--) {
    const kind = depth > 0 ? below(8) : 7;
    if (kind === 0) all.$and = some(() => filter(member, depth - 1), 3);
    else if (kind === 1) all.$or = some(() => filter(member, depth - 1), 3, 1);
    else if (kind === 2) all.$nor = some(() => filter(member, depth - 1), 2, 1);
    else if (kind === 3) all.$not = filter(member, depth - 1);
    else {
      const field = fieldOf(member);
      all[field] = below(3) ? operators(field, 1) : operand('$eq', field);
    }
  }
  return all;
}

/* As the application wraps them, or as they come; the inner one as a string, or as it is. */
function saved(one) {
  const wrapped = below(2) ? { $or: [{ $and: [one] }] } : one;
  return JSON.stringify({ filter: below(2) ? JSON.stringify(wrapped) : wrapped });
}

function value(depth) {
  return pick([scalar, scalar, scalar, () => null,
    () => (depth > 0 ? some(() => value(depth - 1), 3) : []), () => (depth > 0 ? metadata(depth - 1) : {})])();
}

function metadata(depth) {
  return Object.fromEntries(some(() => [pick(KEYS), value(depth)], 5));
}

/* Those of one run, so that many events have the type of an automation. */
const types = Object.keys(TYPES_OF_EVENTS).filter((type, i, all) => type === 'ADD_ARTIFACT_ALIAS' ||
  i === seed % all.length || i === (seed * 3 + 1) % all.length);

function event(i) {
  const type = pick(types);
  const one = { event_id: `e${i}`, event_type: type === 'LINK_MODEL' && below(2) ? 'LINK_ARTIFACT' : type };
  Object.assign(one, { entity_name: pick(['acme', 'acme', 'other']), project_name: pick(['registry', 'registry', 'lab']) });
  one.artifact_collection_name = pick(['fraud', 'churn', 'prod', 'é']);
  if (below(4)) one.event_author = pick(['ann', 'bob', text()]);
  if (below(4)) one.artifact_version_index = below(12);
  if (TYPES_OF_EVENTS[type] && below(12)) one[TYPES_OF_EVENTS[type]] = below(12) ? text() : null;
  if (below(6)) one.artifact_metadata = below(12) ? metadata(3) : null;
  return one;
}

/* ---- all of it ---- */

const SCOPES = [[{ entity: 'acme' }, () => true], [{ project: 'acme/registry' }, (e) => e.project_name === 'registry'],
  [{ collection: 'acme/registry/fraud' }, (e) => e.project_name === 'registry' && e.artifact_collection_name === 'fraud']];

const events = Array.from({ length: nevents }, (_, i) => event(i));
const automations = [];
const pairs = [];
for (let i = 0; i < nfilters; i++) {
  const type = pick(types);
  const one = below(20) ? filter(TYPES_OF_EVENTS[type], pick([0, 0, 0, 1, 2, 3])) : { $or: [{ $and: [] }] };
  const [scope, isIn] = pick([SCOPES[0], SCOPES[0], ...SCOPES]);
  automations.push({ do: 'automation', name: `f${i}`, scope, event: type, filter: saved(one),
    action: { type: 'NoOpTriggeredAction' } });
  for (const e of events) {
    const isType = e.event_type === type || (e.event_type === 'LINK_ARTIFACT' && type === 'LINK_MODEL');
    if (isType && e.entity_name === 'acme' && isIn(e) && matches(e, one)) pairs.push(`f${i} ${e.event_id}`);
  }
}
process.stdout.write(JSON.stringify({ automations, events, matches: pairs }) + '\n');
