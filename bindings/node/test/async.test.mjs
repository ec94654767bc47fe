// Long work leaves the event loop alone, stops when told, and threads share one program.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Program, compile, compileSync } from '../index.mjs'
import { flow, shop } from './support/shop.mjs'

/** Many pods and policies, so that compiling takes a while. */
function large(count) {
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }]
  for (let n = 0; n < count; n += 1) {
    const metadata = { name: `n${n}`, namespace: 'shop', labels: { app: `a${n}` } }
    items.push({ apiVersion: 'v1', kind: 'Pod', metadata })
    const podSelector = { matchLabels: { app: `a${n}` } }
    items.push({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector, ingress: [{ from: [{ podSelector }] }] } })
  }
  return { apiVersion: 'v1', kind: 'List', items }
}

/** How often the event loop turned while `work` was under way. */
async function turns(work) {
  let count = 0
  let done = false
  const result = work().finally(() => { done = true })
  while (!done) {
    await new Promise(setImmediate)
    count += 1
  }
  await result
  return count
}

const big = large(400)
const program = compileSync(shop)
const flows = Array.from({ length: 20_000 }, () => flow)

test('the event loop turns while others work', async () => {
  assert.ok((await turns(() => compile(big))) > 20)
  assert.ok((await turns(() => program.decideMany(flows))) > 20)
  const many = compileSync(big)
  assert.ok((await turns(() => many.matrix('namespace'))) > 20)
  assert.ok((await turns(() => many.update({ set: shop.split('---')[1] }))) > 20)
})

test('an aborted signal ends waiting, with its own reason', async () => {
  const reason = new Error('enough')
  const gone = AbortSignal.abort(reason)
  const works = [
    (signal) => compile(big, { signal }),
    (signal) => program.decideMany(flows, { signal }),
    (signal) => program.update({ set: shop }, { signal }),
    (signal) => program.matrix('workload', { signal }),
  ]
  for (const work of works) {
    await assert.rejects(work(gone), reason)
    const controller = new AbortController()
    const waiting = work(controller.signal)
    queueMicrotask(() => controller.abort(reason))
    await assert.rejects(waiting, reason)
  }
  await assert.rejects(compile(big, { signal: AbortSignal.timeout(1) }), { name: 'TimeoutError' })
  assert.throws(() => compileSync(shop, { signal: gone }), reason)
  assert.equal((await compile(shop, { signal: new AbortController().signal })).decide(flow).verdict, 'allow')
})

const worker = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { Program } = require(workerData.module)
  const program = Program.attach(workerData.shared)
  const decisions = program.decideManySync(workerData.flows)
  parentPort.postMessage(decisions.map((decision) => decision.toJSON()))
`

test('worker threads share a program', async () => {
  const asked = [flow, { ...flow, port: 22 }, { ...flow, source: { ip: '203.0.113.7' } }]
  const workerData = { module: new URL('../index.js', import.meta.url).pathname, shared: program.share(), flows: asked }
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => new Promise((resolve, reject) => {
      new Worker(worker, { eval: true, workerData }).once('message', resolve).once('error', reject)
    })),
  )
  const here = program.decideManySync(asked).map((decision) => decision.toJSON())
  for (const there of answers) assert.deepEqual(there, here)
})

test('what is shared is checked', () => {
  for (const shared of [undefined, {}, { program: 0 }, { program: 1.5 }, { program: 2 ** 32 + 1 }, { program: '1' }]) {
    assert.throws(() => Program.attach(shared), { name: 'MayreachError', field: 'shared' })
  }
  assert.throws(() => Program.attach({ program: 4_000_000_000 }), { name: 'MayreachError', help: /keep the program/ })
})
