/*
 * runner.mjs - runs one job of a workflow of GitHub Actions on this machine, as far as the tests need it
 *
 * usage: runner.mjs CONTEXT RESULT
 *
 * CONTEXT is a file of JSON:
 *   workflow     the workflow's file; its only job is run
 *   workspace    the directory of the job, where a checkout has been
 *   temp         RUNNER_TEMP
 *   cache        a directory that stands for the cache; cache_is_down: nothing gets in or out
 *   actions      {"owner/repo": DIRECTORY}: where actions are, whatever their version
 *   github       members of that context, with the event; secrets, vars: the others
 *   environment  variables that the machine has
 * RESULT gets JSON: conclusion, annotations, summary, masks (their number), steps (by id: outcome, conclusion,
 * outputs), cached (keys), uploaded (files). Standard output is the log, as GitHub would show it: masked, without commands.
 *
 * Expressions are evaluated by GitHub's own library. Commands in the output, the files of GITHUB_OUTPUT and its like, and
 * what conditions mean inside of a composite action are as in the source of actions/runner. SIGTERM cancels the job: the
 * step under way gets SIGINT, after 7.5 seconds SIGTERM and after 2.5 more SIGKILL, and steps that run always are run.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parse } from 'yaml';

const [contextFile, resultFile] = process.argv.slice(2);
const context = JSON.parse(fs.readFileSync(contextFile, 'utf8'));
const workflow = parse(fs.readFileSync(context.workflow, 'utf8'));
const masks = new Set(Object.values(context.secrets ?? {}).flatMap((value) => value.split('\n')).filter(Boolean));
const annotations = [];
const globalEnvironment = {};
const pathAdded = [];
const uploaded = [];
let summary = '';
let cancelled = false;
let current;

/* ---- expressions ---- */

const toData = (value) => {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, item]) => ({ key, value: toData(item) })));
};

const isTrue = (value) => !(value instanceof data.Null) && value.coerceString() !== '' &&
  value.coerceString() !== 'false' && value.coerceString() !== '0';

function evaluate(text, scope) {
  const status = (name, call) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(call()) });
  const functions = [
    status('always', () => true),
    status('cancelled', () => cancelled),
    status('failure', () => !cancelled && scope.failed),
    status('success', () => !cancelled && !scope.failed),
  ];
  const tree = new Parser(new Lexer(text).lex().tokens, Object.keys(scope.contexts), functions).parse();
  return new Evaluator(tree, toData(scope.contexts), new Map(functions.map((f) => [f.name, f]))).evaluate();
}

/* Expressions end at the first }} that is in no string. */
const template = (text, scope) => String(text ?? '').replace(/\$\{\{((?:[^'}]|'[^']*'|\}(?!\}))*)\}\}/g,
  (whole, expression) => evaluate(expression, scope).coerceString());

function condition(text, scope) {
  const bare = String(text ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
  const asks = /\b(always|cancelled|failure|success)\s*\(/i.test(bare);
  return isTrue(evaluate(asks ? bare : `success() && (${bare})`, scope));
}

/* ---- the log, and commands in it ---- */

const mask = (text) => [...masks].sort((a, b) => b.length - a.length).reduce((all, one) => all.replaceAll(one, '***'), text);
const log = (line) => process.stdout.write(`${mask(line)}\n`);

const unescape = (text, pairs) => pairs.reduce((all, [escaped, plain]) => all.replaceAll(escaped, plain), text);
const END = [['%0D', '\r'], ['%0A', '\n'], ['%25', '%']];
const known = new Set(['add-mask', 'add-path', 'debug', 'echo', 'endgroup', 'error', 'group', 'notice', 'save-state',
  'set-env', 'set-output', 'stop-commands', 'warning']);

/* Of a line: {name, properties, value}, or nothing. There is an old form, which may stand anywhere in it. */
function parseCommand(line, extra) {
  const forms = [[/^\s*::([^\s:]+)(?: +(.*?))?::(.*)$/s, ',', [['%0D', '\r'], ['%0A', '\n'], ['%3A', ':'], ['%2C', ','], ['%25', '%']], END],
    [/##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s, ';', [['%3B', ';'], ['%5D', ']'], ...END], [['%3B', ';'], ['%5D', ']'], ...END]]];
  for (const [form, separator, inProperties, inValue] of forms) {
    const [, name, properties, value] = form.exec(line) ?? [];
    if (name === undefined || !(known.has(name.toLowerCase()) || name === extra)) continue;
    const list = (properties ?? '').split(separator).map((one) => one.match(/^\s*([^=]+)=(.*)$/s)).filter(Boolean);
    return { name: name.toLowerCase(), value: unescape(value, inValue),
      properties: Object.fromEntries(list.map(([, key, text]) => [key, unescape(text, inProperties)])) };
  }
  return undefined;
}

function takeLine(line, step) {
  const command = parseCommand(line, step.resume);
  if (step.resume !== undefined) {
    if (command?.name === step.resume) step.resume = undefined;
    else log(line);
    return;
  }
  switch (command?.name) {
    case undefined: log(line); break;
    case 'stop-commands': step.resume = command.value; break;
    case 'add-mask': if (command.value.trim() !== '') masks.add(command.value); break;
    case 'set-output': step.outputs[command.properties.name] = command.value; break;
    case 'error': case 'notice': case 'warning':
      annotations.push({ level: command.name, title: mask(command.properties.title ?? ''), message: mask(command.value),
        file: command.properties.file });
      log(`${command.name}: ${command.value}`);
      break;
    default: log(`[${command.name}]${command.value}`);
  }
}

/* ---- files that steps write to ---- */

/* NAME=VALUE lines, and NAME<<END with lines up to END. */
function readPairs(file) {
  const pairs = {};
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  while (lines.length > 0) {
    const line = lines.shift();
    const [, name, kind, rest] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
    if (line === '') continue;
    if (name === undefined) throw new Error(`invalid format '${line}'`);
    if (kind === '=') { pairs[name] = rest; continue; }
    const end = lines.indexOf(rest);
    if (end < 0) throw new Error(`no end of ${name}`);
    pairs[name] = lines.splice(0, end + 1).slice(0, -1).join('\n');
  }
  return pairs;
}

function takeFiles(files, step) {
  try {
    Object.assign(step.outputs, readPairs(files.GITHUB_OUTPUT));
    Object.assign(globalEnvironment, readPairs(files.GITHUB_ENV));
    pathAdded.unshift(...fs.readFileSync(files.GITHUB_PATH, 'utf8').split('\n').filter(Boolean));
    const text = fs.readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8');
    if (Buffer.byteLength(text) > 1024 * 1024) throw new Error('the summary is larger than 1 MiB');
    summary += mask(text);
  } catch (error) {
    annotations.push({ level: 'error', title: '', message: `unable to process file command: ${error.message}` });
    step.failed = true;
  }
}

/* ---- steps that are scripts ---- */

function makeFiles() {
  const directory = fs.mkdtempSync(path.join(context.temp, '_runner_file_commands_'));
  return Object.fromEntries(['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'].map((name) => {
    const file = path.join(directory, name);
    fs.writeFileSync(file, '');
    return [name, file];
  }));
}

const ofGitHub = (scope) => Object.fromEntries(Object.entries(scope.contexts.github)
  .filter(([, value]) => typeof value === 'string').map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value]));

function cancelCurrent() {
  cancelled = true;
  if (!current) return;
  const child = current;
  child.kill('SIGINT');
  const timers = [setTimeout(() => child.kill('SIGTERM'), 7500),
    setTimeout(() => spawnSync('kill', ['-KILL', '--', `-${child.pid}`]), 10000)];
  child.on('exit', () => timers.forEach(clearTimeout));
}

/* Ends when its output has. */
function runScript(definition, step, scope) {
  if (definition.shell !== 'bash') throw new Error('only bash is known here');
  const files = makeFiles();
  const script = path.join(path.dirname(files.GITHUB_OUTPUT), 'script.sh');
  fs.writeFileSync(script, template(definition.run, scope));
  return new Promise((resolve) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
      cwd: context.workspace, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
      env: { ...context.environment, ...scope.contexts.env, ...ofGitHub(scope), ...files, CI: 'true', GITHUB_ACTIONS: 'true',
        RUNNER_OS: 'Linux', RUNNER_ARCH: 'X64', RUNNER_TEMP: context.temp,
        PATH: [...pathAdded, context.environment.PATH].join(':') },
    });
    current = child;
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        lines.forEach((line) => takeLine(line, step));
      });
      stream.on('end', () => rest && takeLine(rest, step));
    }
    child.on('close', (code) => {
      current = undefined;
      takeFiles(files, step);
      if (code !== 0) {
        log(`Process completed with exit code ${code}.`);
        step.failed = true;
      }
      resolve();
    });
  });
}

/* ---- actions/cache: a directory for each entry, which cannot be changed ---- */

const entries = () => (fs.existsSync(context.cache) ? fs.readdirSync(context.cache) : [])
  .map((name) => ({ name, ...JSON.parse(fs.readFileSync(path.join(context.cache, name, 'entry.json'), 'utf8')) }))
  .sort((a, b) => b.number - a.number);
const pathsOf = (inputs) => inputs.path.split('\n').map((line) => line.trim()).filter(Boolean);

function tar(...args) {
  const { status, stderr } = spawnSync('tar', ['-P', ...args], { cwd: context.workspace, encoding: 'utf8' });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
}

function cacheWarning(message) {
  annotations.push({ level: 'warning', title: '', message });
  log(`warning: ${message}`);
}

/* An exact key first, then the newest of the first prefix that has any; only what was saved by the same paths counts. */
function restoreCache(inputs, step) {
  if (context.cache_is_down) { cacheWarning('the cache service does not answer'); return; }
  const paths = pathsOf(inputs);
  const wanted = [inputs.key, ...(inputs['restore-keys'] ?? '').split('\n').map((line) => line.trim()).filter(Boolean)];
  const candidates = entries().filter((entry) => entry.paths.join('\n') === paths.join('\n'));
  const found = candidates.find(({ key }) => key === inputs.key) ??
    wanted.map((prefix) => candidates.find(({ key }) => key.startsWith(prefix))).find(Boolean);
  step.outputs['cache-primary-key'] = inputs.key;
  if (!found) {
    log(`Cache not found for input keys: ${wanted.join(', ')}`);
    if (inputs['fail-on-cache-miss'] === 'true') step.failed = true;
    return;
  }
  if (inputs['lookup-only'] !== 'true') tar('-xf', path.join(context.cache, found.name, 'files.tar'));
  Object.assign(step.outputs, { 'cache-hit': String(found.key === inputs.key), 'cache-matched-key': found.key });
  log(`Cache restored from key: ${found.key}`);
}

function saveCache(inputs) {
  const all = entries();
  const paths = pathsOf(inputs);
  if (inputs.key.length > 512 || inputs.key.includes(',')) { cacheWarning('the key cannot be one'); return; }
  if (context.cache_is_down || all.some(({ key, paths: others }) => key === inputs.key && others.join() === paths.join())) {
    cacheWarning(`Unable to reserve cache with key ${inputs.key}`);
    return;
  }
  const directory = path.join(context.cache, String(all.length + 1));
  fs.mkdirSync(directory, { recursive: true });
  tar('-cf', path.join(directory, 'files.tar'), ...paths);
  fs.writeFileSync(path.join(directory, 'entry.json'), JSON.stringify({ key: inputs.key, paths, number: all.length + 1 }));
  log(`Cache saved with key: ${inputs.key}`);
}

/* ---- actions/upload-artifact ---- */

const filesOf = (file) => (fs.statSync(file).isDirectory() ? fs.readdirSync(file).map((name) => path.join(file, name)) : [file]);

/* ---- steps ---- */

function findAction(uses) {
  const [name] = uses.split('@');
  if (uses.startsWith('./')) return path.join(context.workspace, uses);
  const repository = Object.keys(context.actions ?? {}).find((one) => name === one || name.startsWith(`${one}/`));
  if (!repository) throw new Error(`no such action here: ${uses}`);
  return path.join(context.actions[repository], name.slice(repository.length));
}

/* Inputs are strings, and those that are not given have their defaults. */
async function runComposite(definition, step, scope, inputs) {
  const directory = findAction(definition.uses);
  const action = parse(fs.readFileSync(path.join(directory, 'action.yml'), 'utf8'));
  const defaults = Object.entries(action.inputs ?? {}).map(([name, input]) => [name, template(input.default ?? '', scope)]);
  for (const name of Object.keys(inputs)) {
    if (!(name in action.inputs)) cacheWarning(`Unexpected input '${name}'`);
  }
  const { secrets, vars, ...contexts } = scope.contexts;
  const inner = { failed: false, contexts: { ...contexts, inputs: { ...Object.fromEntries(defaults), ...inputs }, steps: {},
    github: { ...contexts.github, action_path: directory } } };
  await runSteps(action.runs.steps, inner);
  for (const [name, { value }] of Object.entries(action.outputs ?? {})) step.outputs[name] = template(value, inner);
  step.failed = inner.failed;
}

async function runStep(definition, step, scope) {
  if (definition.run !== undefined) { await runScript(definition, step, scope); return; }
  const inputs = Object.fromEntries(Object.entries(definition.with ?? {}).map(([name, value]) => [name, template(value, scope)]));
  if (definition.uses.startsWith('actions/checkout@')) return;
  if (definition.uses.startsWith('actions/upload-artifact@')) uploaded.push(...filesOf(inputs.path));
  else if (definition.uses.startsWith('actions/cache/restore@')) restoreCache(inputs, step);
  else if (definition.uses.startsWith('actions/cache/save@')) saveCache(inputs);
  else await runComposite(definition, step, scope, inputs);
}

async function runSteps(definitions, outer) {
  const environment = outer.contexts.env;
  for (const definition of definitions) {
    const step = { outputs: {}, failed: false };
    const scope = { failed: outer.failed, contexts: { ...outer.contexts, env: { ...environment, ...globalEnvironment } } };
    for (const [name, value] of Object.entries(definition.env ?? {})) {
      scope.contexts.env = { ...scope.contexts.env, [name]: template(value, scope) };
    }
    let outcome = 'skipped';
    if (condition(definition.if, scope)) {
      const wasCancelled = cancelled;
      log(`--- ${definition.name ?? definition.id ?? definition.uses ?? 'run'}`);
      await runStep(definition, step, scope);
      if (cancelled && !wasCancelled) outcome = 'cancelled';
      else outcome = step.failed ? 'failure' : 'success';
    }
    const conclusion = outcome === 'failure' && definition['continue-on-error'] === true ? 'success' : outcome;
    if (conclusion === 'failure') outer.failed = true;
    if (definition.id) outer.contexts.steps[definition.id] = { outcome, conclusion, outputs: step.outputs };
  }
}

/* ---- the job ---- */

process.on('SIGTERM', cancelCurrent);
const [[jobName, job]] = Object.entries(workflow.jobs);
const eventFile = path.join(context.temp, 'event.json');
fs.mkdirSync(context.temp, { recursive: true });
fs.writeFileSync(eventFile, JSON.stringify(context.github.event ?? {}));
const scope = { failed: false, contexts: {
  github: { workflow: workflow.name ?? context.workflow, job: jobName, run_id: '1', run_attempt: '1', event_name: 'push',
    event_path: eventFile, workspace: context.workspace, repository: 'acme/registry', actor: 'ann', ...context.github },
  secrets: context.secrets ?? {}, vars: context.vars ?? {}, inputs: context.inputs ?? {}, env: {}, steps: {},
  runner: { os: 'Linux', arch: 'X64', temp: context.temp }, job: { status: 'success' } } };
for (const level of [workflow.env, job.env]) {
  for (const [name, value] of Object.entries(level ?? {})) scope.contexts.env[name] = template(value, scope);
}
await runSteps(job.steps, scope);
const failed = scope.failed ? 'failure' : 'success';
fs.writeFileSync(resultFile, JSON.stringify({ conclusion: cancelled ? 'cancelled' : failed, annotations, summary,
  masks: masks.size, steps: scope.contexts.steps, cached: entries().map(({ key }) => key), uploaded }));
