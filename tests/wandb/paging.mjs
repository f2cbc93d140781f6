/*
 * paging - lists by order, filters and pages, as the API gives them
 *
 * A list is described by {name, times, keys, view}: keys are what it can be filtered and ordered by, each a function of
 * an item; those in times are seconds since 1970.
 */
import { GraphQLError } from 'graphql';
import { parseTime } from './model.mjs';

export function badRequest(message) {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

/* ---- filters ---- */

function parseFilters(text) {
  let filters;
  try {
    filters = JSON.parse(text);
  } catch {
    // told of below
  }
  if (filters === null || typeof filters !== 'object' || Array.isArray(filters))
    throw badRequest(`filters: not a JSON object: ${text}`);
  return filters;
}

const COMPARE = {
  $eq: (have, want) => have === want,
  $gt: (have, want) => have !== null && have > want,
  $gte: (have, want) => have !== null && have >= want,
  $lt: (have, want) => have !== null && have < want,
  $lte: (have, want) => have !== null && have <= want,
  $in: (have, want) => want.includes(have),
  $regex: (have, want) => typeof have === 'string' && new RegExp(want).test(have),
  $contains: (have, want) => typeof have === 'string' && have.includes(want),
};
const NEGATED = { $ne: '$eq', $nin: '$in' };

/* Where an item has many values, as of tags, one that holds is enough. */
function compileOperator(operator, value, get, isTime) {
  const negated = Object.hasOwn(NEGATED, operator);
  const compare = COMPARE[negated ? NEGATED[operator] : operator];
  if (operator === '$exists') return (item) => (values(get(item)).length > 0) === value;
  if (!compare) throw badRequest(`filters: unknown operator ${operator}`);
  if (['$in', '$nin'].includes(operator) && !Array.isArray(value)) throw badRequest(`filters: ${operator} of no list`);
  const seconds = (time) => {
    try {
      return parseTime(time);
    } catch (error) {
      throw badRequest(`filters: ${error.message}`);
    }
  };
  const want = !isTime ? value : Array.isArray(value) ? value.map(seconds) : seconds(value);
  return (item) => values(get(item)).some((have) => compare(have, want)) !== negated;
}

function values(value) {
  return Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
}

function compileKey(key, condition, list) {
  const known = list.keys[key.split('.')[0]];
  if (!known || list.filterKeys?.includes(key) === false) throw badRequest(`filters: unknown key ${key}`);
  const get = key.includes('.') ? (item) => known(item, key.split('.').slice(1)) : known;
  const isOperators = condition !== null && typeof condition === 'object';
  const operators = isOperators ? Object.entries(condition) : [['$eq', condition]];
  const tests = operators.map(([operator, value]) => operator === '$not'
    ? not(compileKey(key, value, list))
    : compileOperator(operator, value, get, list.times.includes(key)));
  return (item) => tests.every((test) => test(item));
}

function not(test) {
  return (item) => !test(item);
}

function compile(filters, list) {
  const tests = Object.entries(filters).map(([key, value]) => {
    if (key === '$not') return not(compile(value, list));
    if (!key.startsWith('$')) return compileKey(key, value, list);
    if (!['$and', '$or', '$nor'].includes(key) || !Array.isArray(value)) throw badRequest(`filters: bad ${key}`);
    const parts = value.map((part) => compile(part, list));
    if (key === '$and') return (item) => parts.every((part) => part(item));
    return (item) => parts.some((part) => part(item)) === (key === '$or');
  });
  return (item) => tests.every((test) => test(item));
}

/* null: all */
export function compileFilters(text, list) {
  return text === null || text === undefined ? null : compile(parseFilters(text), list);
}

/* ---- order ---- */

function scramble(n) {
  return Math.imul(n, 0x9e3779b1) >>> 0;
}

const BY_NUMBER = { '+id': (n) => n, '-id': (n) => -n, hash: scramble };

/* Two functions of an item: by the first, and by the second where it is equal. */
function orderKeys(order, list, settings) {
  const tie = BY_NUMBER[settings.ties];
  if (order === null || order === undefined) return { get: () => 0, sign: 1, tie: BY_NUMBER[list.defaultOrder] };
  const match = /^([+-])([a-z_]+)$/.exec(order);
  const known = ['created_at', 'name', ...settings.extra_orders];
  if (!match || !known.includes(match[2]) || !list.keys[match[2]])
    throw badRequest(`order: unknown ${JSON.stringify(order)}`);
  return { get: list.keys[match[2]], sign: match[1] === '-' ? -1 : 1, tie };
}

function compareKeys(a, b, sign) {
  if (a[0] !== b[0]) return (a[0] < b[0] ? -1 : 1) * sign;
  return a[1] - b[1];
}

/* ---- pages ---- */

const encode = (parts) => Buffer.from(JSON.stringify(parts)).toString('base64');

function decode(cursor, mark) {
  let parts;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64').toString());
  } catch {
    // told of below
  }
  if (!Array.isArray(parts) || parts[0] !== mark) throw badRequest('after: invalid cursor');
  return parts;
}

export class Pager {
  constructor(model) {
    this.model = model;
    this.served = 0; // pages
  }

  /* All items that match, in order, with their keys. */
  arrange(items, args, list, keys) {
    const { memo } = this.model;
    const name = JSON.stringify([list.name, list.owner, args.order, args.filters, list.more]);
    if (!memo.has(name)) {
      const test = compileFilters(args.filters, list);
      const all = items().filter((item) => !test || test(item));
      const entries = all.map((item) => ({ item, key: [keys.get(item), keys.tie(item.n)] }));
      memo.set(name, entries.sort((a, b) => compareKeys(a.key, b.key, keys.sign)));
    }
    return memo.get(name);
  }

  /* The first that comes after a cursor. */
  start(entries, after, mark, sign) {
    if (after === null || after === undefined) return 0;
    const [, kind, ...key] = decode(after, mark);
    if (kind === 'at') return Math.min(key[0], entries.length);
    if (kind === 'start') return 0;
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(entries[middle].key, key, sign) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /* How many are given, and how many stand behind the page's end: fewer and more than one would think. */
  size(wanted, left) {
    const { page_limit, short_every, empty_every } = this.model.settings;
    const size = Math.min(wanted, page_limit, left);
    this.served++;
    if (empty_every && this.served % empty_every === 0) return 0;
    if (short_every && this.served % short_every === 0) return Math.ceil(size / 2);
    return size;
  }

  connection(items, args, list) {
    const { settings } = this.model;
    if (args.before != null || args.last != null) throw badRequest('before, last: the stand-in has neither');
    const wanted = args.first ?? settings.page_default;
    if (wanted < 1) throw badRequest('first: must be positive');
    const keys = orderKeys(args.order, list, settings);
    const entries = this.arrange(items, args, list, keys);
    const mark = `${list.name}${args.order ?? ''}`;
    const start = this.start(entries, args.after, mark, keys.sign);
    const end = start + this.size(wanted, entries.length - start);
    const salt = settings.cursors === 'salted' || end === start ? [this.served] : [];
    const cursorAt = (i) => settings.cursors === 'offset' ? encode([mark, 'at', i + 1, ...salt])
      : i < 0 ? encode([mark, 'start', ...salt])
      : encode([mark, 'key', ...entries[i].key, ...salt]);
    const edges = entries.slice(start, end).map(({ item }, i) => ({ item, cursor: cursorAt(start + i) }))
      .filter(({ item }) => !list.isHidden?.(item))
      .map(({ item, cursor }) => ({ cursor, node: list.view(item), ...list.edge?.(item) }));
    const isExact = settings.trailing_page && end - start === wanted;
    const hasNextPage = end < entries.length || isExact || (end === start && this.isEmptied());
    const endCursor = hasNextPage || edges.length > 0 ? cursorAt(end - 1) : null;
    const startCursor = edges[0]?.cursor ?? null;
    const pageInfo = { endCursor, hasNextPage, hasPreviousPage: start > 0, startCursor };
    return { edges, pageInfo, totalCount: entries.length };
  }

  isEmptied() {
    const { empty_every } = this.model.settings;
    return empty_every > 0 && this.served % empty_every === 0;
  }
}
