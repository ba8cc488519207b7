// Holds element templates (JSON on standard input) against the schema of Camunda 7 and prints what is wrong.
import { validateAll } from '@bpmn-io/element-templates-validator';
import { readFileSync } from 'node:fs';

const { results } = validateAll(JSON.parse(readFileSync(0, 'utf8')));
const wrong = results.filter(({ valid }) => !valid);
for (const { object, errors } of wrong) {
  for (const { message, dataPath } of errors ?? []) console.log(`${object.id} ${dataPath ?? ''}: ${message}`);
}
process.exitCode = wrong.length ? 1 : 0;
