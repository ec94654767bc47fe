// Arrow IPC in, Arrow IPC out: the same answers as one by one.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'

import { compileSync } from '../index.mjs'
import { shop } from './support/shop.mjs'

const program = compileSync(shop)
const ports = [5432, 22, 5432]
const sources = ['shop/web', 'shop/web', '203.0.113.7']
const table = tableFromArrays({
  source: sources,
  destination: sources.map(() => 'shop/db'),
  port: Int32Array.from(ports),
})
const ends = (source) => (source.includes('/') ? { workload: source } : { ip: source })
const flows = sources.map((source, row) => ({ source: ends(source), destination: { workload: 'shop/db' }, port: ports[row] }))

function rows(bytes) {
  return tableFromIPC(bytes).toArray().map((row) => row.toJSON())
}

test('a table, as a stream or a file, here and away from the event loop', async () => {
  const one = program.decideManySync(flows)
  for (const format of ['stream', 'file']) {
    const bytes = tableToIPC(table, format)
    for (const answer of [program.decideManySync(bytes), await program.decideMany(bytes)]) {
      const answers = rows(answer)
      assert.deepEqual(answers.map((row) => row.verdict), ['allow', 'deny', 'deny'])
      answers.forEach((row, index) => {
        assert.equal(row.verdict, one[index].verdict)
        assert.equal(row.decided_by, one[index].decided_by)
      })
      assert.equal(answers[1].policy_name, 'db-from-web')
    }
  }
})

test('a wrong row has its error; strict, all has', async () => {
  const wrong = tableToIPC(tableFromArrays({ source: ['shop/web', 'shop/wev'], destination: ['shop/db', 'shop/db'] }))
  const [, row] = rows(program.decideManySync(wrong))
  assert.equal(row.verdict, null)
  assert.match(row.error, /shop\/wev/)
  assert.throws(() => program.decideManySync(wrong, { strict: true }), { name: 'MayreachError' })
  await assert.rejects(program.decideMany(wrong, { strict: true }), { name: 'MayreachError' })
})

test('ports of a table are as strict', () => {
  for (const port of [[65_536], [-1], [0], [2 ** 32 + 80]]) {
    const bytes = tableToIPC(tableFromArrays({ source: ['shop/web'], destination: ['shop/db'], port: BigInt64Array.from(port.map(BigInt)) }))
    assert.throws(() => program.decideManySync(bytes, { strict: true }), { name: 'MayreachError' }, String(port))
    assert.equal(rows(program.decideManySync(bytes))[0].verdict, null)
  }
  const fractions = tableToIPC(tableFromArrays({ source: ['shop/web'], destination: ['shop/db'], port: Float64Array.from([80.5]) }))
  assert.throws(() => program.decideManySync(fractions), { name: 'MayreachError', field: 'port' })
})

test('what is no table', async () => {
  const whole = tableToIPC(table)
  const strange = tableToIPC(tableFromArrays({ source: ['shop/web'], destination: ['shop/db'], prot: ['x'] }))
  for (const bytes of [new Uint8Array(), new Uint8Array(64), Buffer.from('ARROW1'), whole.slice(0, 40), strange]) {
    assert.throws(() => program.decideManySync(bytes), { name: 'MayreachError' })
    await assert.rejects(program.decideMany(bytes), { name: 'MayreachError' })
  }
})

test('an aborted signal ends a table too', async () => {
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await assert.rejects(program.decideMany(tableToIPC(table), { signal }), reason)
})
