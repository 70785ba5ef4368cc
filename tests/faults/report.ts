import { cpus } from 'node:os'
import { faults } from './all.ts'
import type { Row } from './fault.ts'

/** Whether the row is as promised; where the fault could not be made, CI takes no excuse. */
export function isKept({ findings, late, notRun }: Row) {
  return notRun ? !process.env.CI : findings.length === 0 && !late
}

/** One row for the terminal. */
export function tell(row: Row): string {
  if (row.notRun) return `NOT RUN  ${row.name}: ${row.notRun}`
  const numbers = [
    `${row.accepted} accepted (${row.acceptedRate.toFixed(0)}/s)`,
    `${row.refused} refused`,
    `${row.repeats} repeats`,
    `lasted ${seconds(row.lasted)}`,
    `flowed again ${whileItLasted(row)} while it lasted, ${seconds(row.recovered)} after it`,
    `took ${row.took.toFixed(0)} s`,
  ]
  const logs = row.logs ? [`what the processes printed: ${row.logs}`] : []
  const head = `${verdict(row).padEnd(8)} ${row.name}: ${numbers.join(', ')}`
  return [head, ...row.findings, ...logs].join('\n    ')
}

/**
 * docs/reliability.md, whole.
 *
 * @param rows - of all faults, or of some: the others are told as not run
 * @param loadBefore - the machine's load average before the run
 */
export function page(rows: Row[], rate: number, loadBefore: number): string {
  const took = rows.reduce((sum, row) => sum + row.took, 0) / 60
  return `# What it survives

Made by \`npm run test:faults -- --write\`; do not edit it.

**What is promised.** An accepted order is never lost, and comes to its end. A message is published if and
only if its transaction committed; each has its effect once; the messages of one key are published and
handled in the order of their commits. A fault delays orders, or makes callers come again (503): nothing
else.

**How it is checked.** Two app processes share a PostgreSQL and a Kafka of three nodes; the app reaches both
through proxies that can cut, hang and slow a line. Orders come in an open loop; of ten, one is changed, one
is cancelled and one is fulfilled later. One product in twelve is short all the while: goods come in, less than
are ordered. A fault strikes in the middle of it. When all is at rest again:

- \`messaging:verify\`, \`inventory:reconcile\` and \`operations:reconcile\` are clean;
- every order that was answered with 202 is there, at rest, and its customer is told once of each step;
- no message has moved stock or an order twice, and no balance, timeline or mail is missing or there twice;
- an observer reads both topics from their beginnings: every committed message is there and no other, each
  key in one partition, and first occurrences in the order of their commits. What lies there again is counted
  as repeats: the inbox absorbs them.

**When orders flow again.** Orders flow at a moment when one was accepted in the second before it, and none that
was accepted more than two seconds before it waits for inventory's answer. It is looked at five times a second.
"While it lasts" is the time from the fault's beginning to the last look that found them not flowing before its
end; "after it" is the same from its end. 0.0 s: at no look. –: not before the end, or the fault takes no time.

\`\`\`
npm run test:faults                      all of them, one after the other
npm run test:faults -- "broker 2"        by a part of the name; --list, --core, --rate N, --json, --help
\`\`\`

It needs Java 17 and Maven, and root on Linux for the full disk. \`--core\` is a short set. Other faults have tests of their own: the mail server away (\`mail_server_away\`), inventory away
(\`inventory_away\`), a replay during load, poison and redrives (\`tests/messaging\`), random histories.

## ${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores shared by everything, ${rate} orders/s, load average before it ${loadBefore.toFixed(1)}, ${took.toFixed(0)} minutes

| fault | how | accepted (a second) | 503 | repeats | lasted | flows again while it lasts | after it | result |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${faults.map(({ name, how }) => line(rows.find((row) => row.name === name) ?? { name, how })).join('\n')}
`
}

function line(row: Row | Pick<Row, 'name' | 'how'>): string {
  if (!('took' in row)) return `| ${row.name} | ${row.how} | | | | | | | not a part of this run |`
  const { name, how, expected } = row
  const told = expected ? `${how}; expected: ${expected}` : how
  if (row.notRun) return `| ${name} | ${told} | | | | | | | not run: ${row.notRun} |`
  const cells = [
    ...[name, told, `${row.accepted} (${row.acceptedRate.toFixed(0)})`, row.refused, row.repeats],
    ...[seconds(row.lasted), whileItLasted(row), seconds(row.recovered)],
    [verdict(row), ...row.findings.slice(0, 3)].join(': '),
  ]
  return `| ${cells.join(' | ')} |`
}

function verdict({ findings, late }: Row) {
  if (findings.length > 0) return 'BROKEN'
  return late ? 'LATE' : 'kept'
}

function whileItLasted({ healed }: Row) {
  return healed === null ? '–' : seconds(healed)
}

function seconds(time: number): string {
  return `${time.toFixed(1)} s`
}
