#!/usr/bin/env node
/*
 * interleave - change a registry, poll it, kill the poll, commit or not, in random order, and see that every change is
 * told exactly once
 *
 * usage: interleave.mjs --url URL --dir DIR --runs N --seed N [--profile NAME] [--clock FILE] -- COMMAND…
 *
 * URL is a stand-in W&B server (wandb.mjs). COMMAND is wb-event with what it needs to reach it; it is run as
 * COMMAND poll acme/registry --state FILE and COMMAND commit --state FILE. Each run begins with an empty registry, a
 * state that knows it, and settings by chance of all that the API leaves open. Then come changes, in between and while
 * a poll waits for an answer; polls, some of which get SIGKILL at any moment, or an answer that is spoilt, and some of
 * which go on and on; and commits, or none, as if a stage behind the poll had died. What reached standard output in
 * whole lines counts as delivered, by event_id. In the end one poll is left in peace. Then this must hold, by profile:
 *
 *   exact   histories are whole: links, unlinks and aliases are told as often as they happened, with their times and
 *           users; tags, too, where a poll came between. A second state, polled now and then, gives the same ids.
 *   denied  histories are refused for a while, and not the last time: the same, but for times and users
 *   late    histories lag behind for a while, for more than one poll too, and not the last time: the same as denied
 *   hidden  as exact, and collections are not shown now and then, and all of them the last time
 *   cut     histories keep but a few entries, versions are deleted: nothing is told more often than it happened, and
 *           what is there in the end follows from what was told
 *   rough   cut, denied and late at once: nothing is told more often than it happened
 *   all     as exact, and the first poll is one with --all
 *
 * FILE is kept at the server's time, give or take a second or ten minutes behind it, for what gives the command its
 * time of day. Run N of seed S is run 0 of seed S+N. Prints what it did; exit status 1, after a message that says the seed
 * of the run, if anything does not hold.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals: command } = parseArgs({
  options: {
    url: { type: 'string' },
    dir: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string' },
    profile: { type: 'string' },
    clock: { type: 'string' },
    verbose: { type: 'boolean' },
  },
  allowPositionals: true,
});
const PROFILES = ['exact', 'denied', 'cut', 'all', 'late', 'hidden', 'rough']; // runs take them in turn
const IS_WHOLE = ['exact', 'all', 'hidden']; // histories show all, sooner or later
const DENIED = [[], ['artifactCollectionActions'], ['aliasActionHistory'],
  ['aliasActionHistory', 'artifactCollectionActions'], [`aliasActionHistory@acme/registry/fraud`]];
const PROJECT = 'acme/registry';
const NAMES = ['fraud', 'churn', 'spam'].map((name) => `${PROJECT}/${name}`);
const ALIASES = ['prod', 'staging', 'champion'];
const TAGS = ['good', 'bad'];
const USERS = ['ann', 'bob', 'eve', null];
const totals = { runs: 0, polls: 0, follows: 0, killed: 0, failed: 0, commits: 0, changes: 0, events: 0 };

/* ---- chance ---- */

let chance;

function seedChance(seed) {
  chance = (seed * 2654435761 + 1) >>> 0;
}

function random(n) { // mulberry32
  chance = (chance + 0x6d2b79f5) >>> 0;
  let t = chance;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

const pick = (list) => list[random(list.length)];
const happens = (percent) => random(100) < percent;

/* ---- the server ---- */

async function server(commands, signal) {
  const body = JSON.stringify(commands);
  const response = await fetch(`${values.url}/control`, { method: 'POST', body, signal });
  const result = await response.json();
  if (!response.ok) throw new Error(`${body}: ${result.error}`);
  return result;
}

function randomSettings(profile) {
  const settings = {
    do: 'settings',
    page_limit: pick([1000, 1000, 7, 3]),
    short_every: pick([0, 0, 3, 5]),
    empty_every: pick([0, 0, 4, 7]),
    trailing_page: happens(30),
    cursors: pick(['keyset', 'offset', 'salted']),
    default_order: pick(['+id', '-id', 'hash']),
    ties: pick(['+id', '-id', 'hash']),
    times: pick(['Z', 'bare', 'mixed']),
    move_actions: pick([1, 2]),
    latest_in_history: happens(50),
    versions_in_history: happens(50),
    unlink_in_alias_history: happens(50),
    unlink_moves_latest: happens(30),
  };
  if (profile === 'cut' || profile === 'rough') Object.assign(settings, { history_limit: pick([1, 2, 4]), unlink_artifact: pick(['kept', 'null']) });
  return settings;
}

/* ---- one run ---- */

class Run {
  constructor(profile, seed) {
    this.profile = profile;
    this.seed = seed;
    this.state = `${values.dir}/state.${seed}`;
    this.delivered = new Map(); // event_id → event, in the order in which they came
    this.others = new Map(); // of the second state
    this.members = new Map(); // version string → {collection, artifact, tags}
    this.artifacts = [];
    this.aliases = new Map(); // collection → Map of alias → version string
    this.collectionTags = new Map();
    this.touched = new Set(); // what had a tag changed since the last poll that went well
    this.unseen = new Set(); // links since the last poll that went well
    this.puts = new Map(); // alias, artifact and time → users
    this.brought = new Set(); // tags that an artifact had when its link was seen, which may be news
    this.skew = pick([0, -1, 1, -600]); // seconds by which the clock here is ahead
    this.log = [];
  }

  say(text) {
    this.log.push(text);
    if (values.verbose) process.stderr.write(`${text}\n`);
  }

  /* ---- changes ---- */

  async change(isMeanwhile) {
    const after = pick(isMeanwhile ? [0, 0, 1] : [0, 0, 0, 1, 1, 50, 200]);
    const act = this.choose();
    if (!act) return;
    this.say(JSON.stringify({ ...act, after }));
    const result = await server({ ...act, after });
    totals.changes++;
    this.happened(act, result);
    await this.setClock();
  }

  async setClock() {
    if (values.clock === undefined) return;
    const { time } = await server({ do: 'clock' });
    fs.writeFileSync(`${values.clock}.new`, String(Date.parse(time) + this.skew * 1000));
    fs.renameSync(`${values.clock}.new`, values.clock);
  }

  choose() {
    const versions = [...this.members.keys()];
    const user = pick(USERS);
    const kind = versions.length === 0 ? 0 : random(['cut', 'rough'].includes(this.profile) ? 100 : 98);
    if (kind < 30) {
      const collection = pick(NAMES);
      const act = { do: 'link', collection, user };
      const there = [...this.members.values()].filter((m) => m.collection === collection).map((m) => m.artifact);
      const known = this.artifacts.filter((artifact) => !there.includes(artifact));
      if (known.length > 0 && happens(40)) act.artifact = pick(known);
      if (happens(30)) act.aliases = [pick(ALIASES)];
      return act;
    }
    const version = pick(versions);
    const member = this.members.get(version);
    if (kind < 45) return { do: 'unlink', version, user };
    if (kind < 72) return { do: 'alias', version, alias: pick(ALIASES), user };
    if (kind < 77) {
      const on = [...(this.aliases.get(member.collection) ?? [])];
      if (on.length === 0) return null;
      const [alias, holder] = pick(on);
      return { do: 'unalias', version: holder, alias, user };
    }
    if (kind < 92) {
      const tag = pick(TAGS);
      if (this.touched.has(`${member.artifact} ${tag}`)) return null;
      return { do: this.tagsOf(member.artifact).has(tag) ? 'untag' : 'tag', version, tag };
    }
    if (kind < 98) {
      const tag = pick(TAGS);
      const tags = this.collectionTags.get(member.collection) ?? new Set();
      if (this.touched.has(`${member.collection} ${tag}`)) return null;
      return { do: tags.has(tag) ? 'untag_collection' : 'tag_collection', collection: member.collection, tag };
    }
    return { do: 'delete_artifact', version };
  }

  tagsOf(artifact) {
    this.tags ??= new Map();
    if (!this.tags.has(artifact)) this.tags.set(artifact, new Set());
    return this.tags.get(artifact);
  }

  happened(act, result) {
    const member = this.members.get(act.version);
    const toggle = (set, tag) => (set.has(tag) ? set.delete(tag) : set.add(tag));
    const put = (collection, alias, version) => {
      if (!this.aliases.has(collection)) this.aliases.set(collection, new Map());
      this.aliases.get(collection).set(alias, version);
    };
    switch (act.do) {
      case 'link':
        this.members.set(result.version_string, { collection: act.collection, artifact: result.artifact });
        this.unseen.add(`${act.collection.split('/')[2]} ${result.artifact}`);
        for (const tag of this.tagsOf(result.artifact))
          this.brought.add(`ADD_ARTIFACT_TAG ${act.collection.split('/')[2]} ${result.artifact} ${tag}`);
        if (!this.artifacts.includes(result.artifact)) this.artifacts.push(result.artifact);
        for (const alias of act.aliases ?? []) put(act.collection, alias, result.version_string);
        break;
      case 'unlink':
        this.drop(act.version);
        break;
      case 'delete_artifact':
        this.artifacts = this.artifacts.filter((artifact) => artifact !== member.artifact);
        for (const [version, { artifact }] of [...this.members]) if (artifact === member.artifact) this.drop(version);
        break;
      case 'alias': put(member.collection, act.alias, act.version); break;
      case 'unalias': this.aliases.get(member.collection).delete(act.alias); break;
      case 'tag':
      case 'untag':
        toggle(this.tagsOf(member.artifact), act.tag);
        for (const place of this.unseen)
          if (place.endsWith(` ${member.artifact}`)) this.brought.add(`ADD_ARTIFACT_TAG ${place} ${act.tag}`);
        this.touched.add(`${member.artifact} ${act.tag}`);
        break;
      default: {
        if (!this.collectionTags.has(act.collection)) this.collectionTags.set(act.collection, new Set());
        toggle(this.collectionTags.get(act.collection), act.tag);
        this.touched.add(`${act.collection} ${act.tag}`);
      }
    }
  }

  drop(version) {
    const { collection } = this.members.get(version);
    this.members.delete(version);
    for (const [alias, holder] of [...(this.aliases.get(collection) ?? [])])
      if (holder === version) this.aliases.get(collection).delete(alias);
  }

  /* ---- polls and commits ---- */

  run(args, { killAfter, meanwhile } = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      const out = [];
      let err = '';
      let timer;
      child.stdout.on('data', (data) => {
        out.push(data);
        if (killAfter === 'output') child.kill('SIGKILL');
      });
      child.stderr.on('data', (data) => (err += data));
      child.on('error', reject);
      if (typeof killAfter === 'number') timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
      meanwhile?.(child);
      child.on('close', (status, signal) => {
        clearTimeout(timer);
        const text = Buffer.concat(out).toString();
        const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').slice(0, -1);
        resolve({ status, signal, err, events: lines.map((line) => JSON.parse(line)) });
      });
    });
  }

  deliver(events, to = this.delivered) {
    for (const event of events) {
      const there = to.get(event.event_id);
      if (!there) to.set(event.event_id, event);
      else if (JSON.stringify(there) !== JSON.stringify(event) && to === this.delivered)
        this.wrong(`event ${event.event_id} was told twice, and not alike:\n${JSON.stringify(there)}\n${JSON.stringify(event)}`);
    }
  }

  async poll({ peaceful = false, args = [] } = {}) {
    const options = {};
    let stop;
    if (!peaceful) await this.disturb(options);
    if (options.hold !== undefined) {
      stop = new AbortController();
      options.meanwhile = () => this.changeWhileHeld(stop.signal);
    }
    await this.trouble(peaceful);
    const [touched, seen] = [new Set(this.touched), new Set(this.unseen)];
    const result = await this.run(['poll', PROJECT, '--state', this.state, '--retries', '0', ...args], options);
    stop?.abort();
    await this.changing;
    totals.polls++;
    this.show('poll', result);
    this.deliver(result.events);
    await server([{ do: 'clear_faults' }, { do: 'release' }]);
    if (result.signal) totals.killed++;
    else if (result.status === 3) totals.failed++;
    else if (result.status !== 0) this.wrong(`a poll ended with status ${result.status}: ${result.err}`);
    if (result.status !== 0 && peaceful) this.wrong(`a poll in peace failed: ${result.err}`);
    /* what was changed before it began is in it, but for what was hidden; what was changed meanwhile may be */
    if (result.status === 0 && !this.isHidden) {
      for (const key of touched) this.touched.delete(key);
      for (const place of seen) this.unseen.delete(place);
    }
    return result.status === 0;
  }

  /* Choose what the server is like from now on; in peace it shows all that it has. */
  async trouble(peaceful) {
    const settings = {};
    const may = (...profiles) => profiles.includes(this.profile);
    if (may('denied', 'rough') && (peaceful || happens(60))) settings.denied = peaceful ? [] : pick(DENIED);
    if (may('late', 'rough') && (peaceful || happens(40))) settings.history_delay = peaceful ? 0 : pick([0, 1, 50, 200, 500]);
    if (may('hidden')) {
      settings.hidden = peaceful ? [] : pick([[], [], [pick(NAMES)], NAMES]);
      this.isHidden = settings.hidden.length > 0;
    }
    if (Object.keys(settings).length === 0) return;
    this.say(JSON.stringify(settings));
    await server({ do: 'settings', ...settings });
  }

  /* Poll again and again while changes happen, until told to stop. */
  async follow(args) {
    await this.trouble(false);
    const over = new AbortController();
    const meanwhile = (child) => {
      this.changing = (async () => {
        for (let i = random(4); i >= 0; i--) {
          const { requests } = await server({ do: 'counts' });
          await server({ do: 'await', requests: requests + 1 + random(6) }, over.signal);
          await this.change(true);
        }
        child.kill('SIGTERM');
      })().catch((error) => {
        if (error.name !== 'AbortError') throw error;
      });
    };
    this.say('follow:');
    const result = await this.run(['poll', PROJECT, '--state', this.state, '--follow', '--interval', '1ms', ...args], { meanwhile });
    over.abort();
    await this.changing;
    totals.follows++;
    /* the signal may come while it writes */
    const isBroken = result.status === 3 && result.err.includes('stopped before all events were written');
    if (result.status !== 0 && !isBroken) this.wrong(`a poll that follows ended with status ${result.status ?? result.signal}: ${result.err}`);
    this.show('follow', result);
    this.deliver(result.events);
  }

  show(what, { status, signal, events, err }) {
    this.say(`${what}: status ${status ?? signal}, ${events.length} events${err && `: ${err.trim()}`}`);
    for (const event of events) this.say(`  ${this.keyOf(event)} ${event.event_time} ${event.event_author} ${event.event_id.slice(0, 8)}`);
  }

  /* Choose what becomes of a poll. */
  async disturb(options) {
    const fault = { do: 'fault', skip: random(4) };
    switch (random(10)) {
      case 0: options.killAfter = random(30); break;
      case 1: options.killAfter = 'output'; break;
      case 2: await server({ ...fault, ...pick([{ kind: 'truncate' }, ...['close', 'reset'].flatMap((kind) =>
        [{ kind, where: 'before' }, { kind, where: 'body' }])]) }); break;
      case 3: await server({ ...fault, kind: 'status', status: pick([500, 502, 429, 400, 403]) }); break;
      case 4:
      case 5:
      case 6:
        options.hold = fault.skip;
        await server({ ...fault, kind: 'hold' });
        break;
      default: break;
    }
  }

  changeWhileHeld(signal) {
    this.changing = (async () => {
      await server({ do: 'await', held: 1 }, signal);
      this.say('while an answer is held:');
      for (let i = random(3); i >= 0; i--) await this.change(true);
      await server({ do: 'release' });
    })().catch((error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }

  async commit() {
    const { status, err } = await this.run(['commit', '--state', this.state]);
    totals.commits++;
    if (status !== 0) this.wrong(`commit: status ${status}: ${err}`);
  }

  async pollOther(args = []) {
    const state = `${this.state}.other`;
    const result = await this.run(['poll', PROJECT, '--state', state, '--auto-commit', ...args]);
    if (result.status !== 0) this.wrong(`the second state's poll: ${result.err}`);
    this.deliver(result.events, this.others);
    this.show('the other', result);
  }

  /* ---- what must hold ---- */

  wrong(message) {
    process.stderr.write(`${this.log.join('\n')}\ninterleave.mjs: --profile ${this.profile} --seed ${this.seed} --runs 1: ${message}\n`);
    process.exit(1);
  }

  keyOf(event) {
    const { event_type: type, artifact_collection_name: name, artifact_version: version = '' } = event;
    return [type, name, version.replace('wandb-artifact://_id/', ''), event.alias ?? event.tag ?? ''].join(' ');
  }

  static keyOfChange({ type, collection, artifact = '', alias, tag }) {
    return [type, collection.split('/')[2], artifact, alias ?? tag ?? ''].join(' ');
  }

  /* The changes that events are made of, by key. */
  async expected() {
    const changes = await server({ do: 'changes', since: 0 });
    const wanted = new Map();
    for (const change of changes) {
      if (change.type === 'ADD_ARTIFACT_ALIAS') this.putBy(change);
      if (change.n <= this.from) continue;
      if (['REMOVE_ARTIFACT_ALIAS', 'UPDATE_METADATA', 'DELETE_COLLECTION'].includes(change.type)) continue;
      if (change.type === 'DELETE_ARTIFACT') change.type = 'UNLINK_ARTIFACT';
      const key = Run.keyOfChange(change);
      if (!wanted.has(key)) wanted.set(key, []);
      wanted.get(key).push(change);
    }
    return wanted;
  }

  /* Entries about an alias have no id: of those that are alike but for the user nobody can tell which is old. */
  putBy(change) {
    const what = `${Run.keyOfChange(change)} ${change.time}`;
    if (!this.puts.has(what)) this.puts.set(what, new Set());
    this.puts.get(what).add(change.user ?? '');
  }

  userOf(key, time, user) {
    const by = this.puts.get(`${key} ${time}`);
    return by?.size > 1 && by.has(user) ? 'one of them' : user;
  }

  async compare() {
    const wanted = await this.expected();
    const got = new Map();
    for (const event of this.delivered.values()) {
      const key = this.keyOf(event);
      if (!got.has(key)) got.set(key, []);
      got.get(key).push(event);
    }
    totals.events += this.delivered.size;
    for (const key of new Set([...wanted.keys(), ...got.keys()])) {
      const [want, have] = [wanted.get(key) ?? [], got.get(key) ?? []];
      if (have.length > want.length && !this.brought.has(key)) this.wrong(`${key}: happened ${want.length} times, told ${have.length} times`);
      if (this.profile === 'cut' || this.profile === 'rough') continue;
      if (have.length < want.length && !this.mayBeMissed(key, want)) this.wrong(`${key}: happened ${want.length} times, told ${have.length} times`);
      if (IS_WHOLE.includes(this.profile) && !key.includes('_TAG ')) this.compareWhen(key, want, have);
    }
    /* what was refused and is told late comes behind what followed it */
    if (this.profile === 'cut' || IS_WHOLE.includes(this.profile)) this.compareEnd();
    this.compareOther();
  }

  /* A tag that was put on a version which was unlinked, or taken away again, before a poll could see it. */
  mayBeMissed(key, want) {
    if (this.brought.has(key.replace('REMOVE_', 'ADD_'))) return true;
    /* what was known from another collection is no news in one that comes back */
    if (this.profile === 'hidden' && key.includes('_ARTIFACT_TAG ')) return true;
    return key.includes('_ARTIFACT_TAG ') && want.some(({ version, collection }) => !this.members.has(`${collection}:v${version}`));
  }

  compareWhen(key, want, have) {
    const sorted = (list) => JSON.stringify(list.sort());
    const wanted = sorted(want.map(({ time, user }) => `${time} ${this.userOf(key, time, user ?? '')}`));
    const told = sorted(have.map(({ event_time: time, event_author: user }) => `${time} ${this.userOf(key, time, user ?? '')}`));
    if (wanted !== told) this.wrong(`${key}: happened ${wanted}, told ${told}`);
    for (const event of have)
      if (event.artifact_version_index !== undefined && !want.some(({ version }) => version === event.artifact_version_index))
        this.wrong(`${key}: version ${event.artifact_version_index}, not ${want.map(({ version }) => version)}`);
  }

  /* Who has which alias in the end, and which versions are there, follows from what was told. */
  compareEnd() {
    const aliases = new Map(this.atFirst.aliases);
    const members = new Set(this.atFirst.members);
    for (const event of this.delivered.values()) {
      const artifact = event.artifact_version?.replace('wandb-artifact://_id/', '');
      const place = `${event.artifact_collection_name} ${artifact}`;
      if (IS_WHOLE.includes(this.profile)) this.compareTurn(event, members.has(place));
      if (event.event_type === 'LINK_ARTIFACT') members.add(place);
      if (event.event_type === 'UNLINK_ARTIFACT') members.delete(place);
      if (event.event_type === 'ADD_ARTIFACT_ALIAS') aliases.set(`${event.artifact_collection_name} ${event.alias}`, artifact);
    }
    for (const { collection, artifact } of this.members.values())
      if (!members.delete(`${collection.split('/')[2]} ${artifact}`)) this.wrong(`${artifact} is in ${collection}, as nobody was told`);
    if (members.size > 0) this.wrong(`${[...members]} are no longer there, as nobody was told`);
    for (const [collection, on] of this.aliases)
      for (const [alias, version] of on) {
        const { artifact } = this.members.get(version);
        const told = aliases.get(`${collection.split('/')[2]} ${alias}`);
        if (told !== artifact) this.wrong(`${alias} of ${collection} is on ${artifact}, told was ${told}`);
      }
  }

  /* A version is linked when it is not there; it is unlinked, and has aliases put on it, while it is. */
  compareTurn(event, isThere) {
    if (event.event_type.includes('_TAG')) return;
    if (isThere === (event.event_type === 'LINK_ARTIFACT'))
      this.wrong(`${this.keyOf(event)} ${event.event_time} was told when the version was ${isThere ? 'there' : 'not there'}`);
  }

  compareOther() {
    if (!IS_WHOLE.includes(this.profile)) return;
    for (const event of this.others.values())
      if (!event.event_type.includes('_TAG') && !this.delivered.has(event.event_id))
        this.wrong(`the second state has another id for ${this.keyOf(event)}: ${event.event_id}`);
  }

  async play() {
    await server([{ do: 'reset' }, { do: 'project', project: PROJECT }, randomSettings(this.profile)]);
    await this.setClock();
    const runs = this.profile === 'all' ? ['--all'] : [];
    const changes = random(6);
    for (let i = 0; i < changes; i++) await this.change();
    if (this.profile === 'all') {
      this.from = 0;
      this.atFirst = { aliases: [], members: [] };
    } else {
      await this.poll({ peaceful: true });
      await this.commit();
      this.from = (await server({ do: 'changes', implied: true })).length;
      const nameOf = ({ collection }) => collection.split('/')[2];
      this.atFirst = {
        members: [...this.members.values()].map((m) => `${nameOf(m)} ${m.artifact}`),
        aliases: [...this.aliases].flatMap(([collection, on]) =>
          [...on].map(([alias, version]) => [`${nameOf({ collection })} ${alias}`, this.members.get(version).artifact])),
      };
      await this.pollOther();
    }
    for (let i = 8 + random(12); i > 0; i--) {
      if (happens(60)) await this.change();
      else if (happens(10)) await this.follow(this.committed ? [] : runs);
      else if (happens(85)) {
        if (await this.poll({ args: this.committed ? [] : runs })) {
          if (happens(60)) {
            this.committed = true;
            await this.commit();
          }
        }
      } else if (this.profile === 'exact' || this.profile === 'all') await this.pollOther(runs);
    }
    await this.poll({ peaceful: true, args: runs });
    await this.commit();
    const rest = await this.run(['poll', PROJECT, '--state', this.state]);
    if (rest.status !== 0) this.wrong(`the poll behind the last commit ended with status ${rest.status ?? rest.signal}: ${rest.err}`);
    if (rest.events.length > 0) this.wrong(`told behind the last commit: ${JSON.stringify(rest.events)}`);
    await this.pollOther(runs);
    await this.compare();
    for (const file of fs.readdirSync(values.dir)) fs.rmSync(`${values.dir}/${file}`);
    totals.runs++;
  }
}

const runs = Number(values.runs);
const seed = Number(values.seed);
for (let i = 0; i < runs; i++) {
  const profile = values.profile ?? PROFILES[(seed + i) % PROFILES.length];
  seedChance(seed + i);
  const run = new Run(profile, seed + i);
  await run.play().catch((error) => run.wrong(error.stack));
}
process.stdout.write(`${JSON.stringify(totals)}\n`);
process.exit(0);
