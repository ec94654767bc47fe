// node check.js MANIFESTS…: what a platform team asks of every pull request. Exit status 0: all well; 1: something
// is open that must not be, or closed that must not be; 2: the manifests are wrong.

import { MayreachError, compile } from 'mayreach'

/**
 * What must work, whatever else changes: requests as their clients send them.
 * @type {[string, string, number, string, string][]}
 */
const MUST_WORK = [
  ['tenant-acme/web', 'tenant-acme/api', 80, 'GET', '/v1/orders'],
  ['tenant-globex/web', 'tenant-globex/api', 80, 'GET', '/v1/orders'],
]

const flowOf = ([from, service, port, method, path]) => ({
  source: { workload: from },
  destination: { service },
  port,
  http: { method, path },
})

/** What is wrong with a program, in words; nothing if all is well. */
async function findings(program) {
  const wrong = []
  const exceptions = [{ to: 'shared' }, { to: 'platform' }, { from: ['shared', 'platform'], to: 'acme' }, { from: ['shared', 'platform'], to: 'globex' }, { from: ['shared', 'platform'], to: 'initech' }]
  const isolation = await program.isolate({ by: 'label:tenant', exceptions, outside: false })
  for (const { from, to, verdict, finding } of isolation.pairs) {
    if (verdict === 'isolated') continue
    for (const hole of isolation.findings[finding].holes) {
      wrong.push(`${from} reaches ${to}: ${hole.request}\n${program.decide(hole.flow)}`)
    }
    for (const { why } of isolation.findings[finding].not_proved) wrong.push(`${from} may reach ${to}: ${why}`)
  }
  const decisions = await program.decideMany(MUST_WORK.map(flowOf))
  decisions.forEach((decision, index) => {
    if (!decision.allowed) wrong.push(`${MUST_WORK[index].join(' ')} must work:\n${program.explain(flowOf(MUST_WORK[index]))}`)
  })
  return wrong
}

async function main(paths) {
  const program = await compile(paths)
  for (const { at, message } of program.notes) console.warn(`note: ${at ? `${at}: ` : ''}${message}`)
  const wrong = await findings(program)
  for (const text of wrong) console.error(`${text}\n`)
  console.log(wrong.length === 0 ? 'tenants are isolated, and what must work does' : `${wrong.length} findings`)
  return wrong.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof MayreachError)) throw error
  console.error(error.message)
  return 2
})
