/*
 * view - what all views of the stand-in W&B server's model have in common: views.mjs, triggers.mjs
 */
import { formatTime, idOf } from './model.mjs';

export function orNull(View, value, ...rest) {
  return value === null || value === undefined ? null : new View(value, ...rest);
}

/* Whole seconds, and not always with a Z. */
function time(sec, model, n) {
  const { times } = model.settings;
  const text = formatTime(sec);
  return times === 'bare' || (times === 'mixed' && n % 2 === 1) ? text.slice(0, -1) : text;
}

/* A list without filters and orders. */
export const PLAIN = { name: 'plain', times: [], keys: {} };

export function page(model, items, args, list) {
  const { default_order, filter_keys, ignored_filters, ignored_orders } = model.settings;
  const heard = { ...args };
  if (ignored_filters.includes(list.name)) heard.filters = null;
  if (ignored_orders.includes(list.name)) heard.order = null;
  const filterKeys = filter_keys[list.name];
  return model.pager.connection(items, heard, { defaultOrder: default_order, ...list, filterKeys });
}

export class View {
  constructor(of, model) {
    Object.assign(this, { of, model });
  }
  get __typename() { return this.constructor.name; }
  get id() { return idOf(this.constructor.name, this.of.n); }
  get name() { return this.of.name; }
  get createdAt() { return time(this.of.createdAt, this.model, this.of.n); }
  get updatedAt() { return time(this.of.updatedAt ?? this.of.createdAt, this.model, this.of.n); }
  get path() { return this.of.path; } // no field: for messages and rules
}
