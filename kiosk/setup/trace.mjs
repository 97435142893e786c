/** `npm run trace`: which requirement rows the last `npm test` proved. Only passed tests count, one row a title. */
import { readFileSync } from 'node:fs';
import { ROOT } from './paths.mjs';

/** `RC-04 the receipt …` proves its row; `RC-04 [part] …` shows the mechanism, as far as the flows that exist can. */
const TITLE = /^([A-Z]{2}-\d{2}|T\d{1,2}) (?:(\[part\]) )?/;

/** Rows proved and rows shown in part, from Vitest's JSON report. `unknown` are titles that name a row which does not exist. */
export function traceOf(report, ids) {
  const rows = new Map();
  const unknown = [];
  for (const { name: file, assertionResults } of report.testResults)
    for (const { title, status } of assertionResults) {
      const [, id, part] = TITLE.exec(title) ?? [];
      if (!id) continue;
      if (!ids.includes(id)) unknown.push(title);
      else if (status === 'passed') rows.set(id, [...(rows.get(id) ?? []), { title, file, part: part !== undefined }]);
    }
  return { rows, unknown };
}

if (process.argv[1] === `${ROOT}/kiosk/setup/trace.mjs`) {
  const { requirements, threats } = JSON.parse(readFileSync(`${ROOT}/tests/requirements.json`, 'utf8'));
  let report;
  try {
    report = JSON.parse(readFileSync(`${ROOT}/tests/.report/vitest.json`, 'utf8'));
  } catch {
    console.error('no report of a test run: run npm test first');
    process.exit(1);
  }
  const { rows, unknown } = traceOf(report, [...requirements, ...threats]);
  for (const id of [...requirements, ...threats]) {
    const tests = rows.get(id);
    if (!tests) continue;
    console.log(`${id}  ${tests.some(({ part }) => !part) ? 'proved' : 'in part'}`);
    for (const { title, file } of tests) console.log(`    ${title}\n      ${file.replace(`${ROOT}/`, '')}`);
  }
  const count = (ids, wanted) => ids.filter((id) => rows.has(id) && rows.get(id).some(({ part }) => !part) === wanted).length;
  console.log(`\nrequirements: ${count(requirements, true)} proved, ${count(requirements, false)} in part, of ${requirements.length}`);
  console.log(`threats: ${count(threats, true)} proved, ${count(threats, false)} in part, of ${threats.length}`);
  for (const title of unknown) console.error(`no such row: ${title}`);
  process.exit(unknown.length > 0 ? 1 : 0);
}
