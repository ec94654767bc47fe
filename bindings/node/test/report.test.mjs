// The answers about all requests: the same as the command's, as data and in every format.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { compileSync } from '../index.mjs'
import { root } from './support/cases.mjs'

const INTEND = 'tenant-acme/web -> tenant-globex/api:8080 GET /v1/*'
const told = process.env.MAYREACH
const binary = told ?? join(root, 'target', 'debug', 'mayreach')
// The test command builds it and says where; without that, whoever runs one file has it or not.
const skip = told === undefined && !existsSync(binary) ? 'the command is not built' : false

process.chdir(root)
const paths = ['examples/tenants', 'examples/tenants-broken']
const [tenants, broken] = paths.map((path) => compileSync(path))

function command(...args) {
  const { status, stdout, stderr } = spawnSync(binary, [...args, '--output', 'json'], { encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.ok([0, 1, 3].includes(status), stderr)
  return JSON.parse(stdout)
}

test('the answers are those of the command', { skip }, () => {
  for (const [program, path, other, beside] of [[tenants, paths[0], broken, paths[1]], [broken, paths[1], tenants, paths[0]]]) {
    assert.deepEqual(program.matrixSync(), command('matrix', path))
    assert.deepEqual(program.matrixSync('label:tenant'), command('matrix', path, '--by', 'label:tenant'))
    assert.deepEqual(program.matrixSync('workload', { declared: true }), command('matrix', path, '--declared'))
    assert.deepEqual(program.isolateSync({ by: 'label:tenant' }), command('isolate', path, '--by', 'label:tenant'))
    const narrow = { by: 'namespace', outside: false, new_pods: false }
    assert.deepEqual(program.isolateSync(narrow), command('isolate', path, '--no-outside', '--no-new-pods'))
    for (const to of ['tenant-acme/api', 'tenant-globex/api']) {
      assert.deepEqual(program.canSync('tenant-acme/web', to), command('can', path, 'tenant-acme/web', to))
    }
    assert.deepEqual(program.callersSync('tenant-initech/db'), command('callers', path, 'tenant-initech/db'))
    assert.deepEqual(program.reachesSync('tenant-acme/web'), command('reaches', path, 'tenant-acme/web'))
    assert.deepEqual(program.diffSync(other), command('diff', path, beside))
    assert.equal(program.diffSync(program).verdict, 'equivalent')
    const wanted = command('change', '--from', path, '--to', beside, '--intend', INTEND)
    assert.deepEqual(program.changeSync(other, INTEND), wanted)
    assert.deepEqual(program.changeSync(other, [INTEND]), wanted)
  }
})

const asked = [
  ['matrix', 'label:tenant'],
  ['matrix', 'label:tenant', { declared: true }],
  ['isolate', { by: 'label:tenant' }],
  ['can', 'tenant-acme/web', 'tenant-acme/api'],
  ['callers', 'tenant-acme/db'],
  ['reaches', 'tenant-acme/web'],
  ['diff', broken],
  ['change', broken, INTEND],
]

test('sync and async are one, and data is data', async () => {
  for (const [kind, ...args] of asked) {
    const now = tenants[`${kind}Sync`](...args)
    const later = await tenants[kind](...args)
    assert.deepEqual(later, now)
    assert.deepEqual(structuredClone(now), JSON.parse(JSON.stringify(now)))
    assert.ok(!isDeepStrictEqual(now, {}))
    assert.deepEqual(JSON.parse(now.renderSync('json')), JSON.parse(JSON.stringify(now)))
    assert.equal(String(now), now.renderSync().trimEnd())
    assert.equal(await later.render(), now.renderSync('text'))
    assert.doesNotMatch(String(now), /\u001b/)
  }
})

test('holes and changes are flows that can be asked again', () => {
  const isolation = broken.isolateSync({ by: 'label:tenant' })
  const holes = isolation.findings.flatMap(({ holes }) => holes)
  assert.ok(holes.length > 0)
  for (const { flow } of holes) assert.equal(broken.decide(flow).verdict, 'allow')
  for (const { kind, flow } of tenants.diffSync(broken).changes) {
    assert.equal(broken.decide(flow).verdict, kind === 'opened' ? 'allow' : 'deny')
  }
})

test('pages and sheets', async () => {
  for (const report of [tenants.matrixSync('label:tenant'), tenants.isolateSync({ by: 'label:tenant' })]) {
    assert.match(await report.render('html'), /^<!.*tenant-acme/s)
    assert.match(report.renderSync('markdown'), /^## /)
    assert.match(report.renderSync('csv'), /^from,to,status/)
    assert.match(report.renderSync('dot'), /^digraph/)
    assert.match(report.renderSync('mermaid'), /^flowchart/)
    assert.match(report.renderSync('junit'), /^<\?xml/)
    assert.throws(() => report.renderSync('pdf'), { field: 'format', help: /text, json, html/ })
    assert.throws(() => report.renderSync(3), { field: 'format', code: 'wrong_type' })
  }
  const declared = tenants.matrixSync('label:tenant', { declared: true })
  assert.match(declared.renderSync('csv'), /^from,to,status/)
  assert.match(declared.renderSync('mermaid'), /^flowchart/)
  assert.throws(() => declared.renderSync('html'), { field: 'format', message: /no format `html`/ })
  const can = tenants.canSync('tenant-acme/web', 'tenant-acme/api')
  await assert.rejects(can.render('html'), { field: 'format', message: /no format `html`/ })
  await assert.rejects(can.render('junit'), { field: 'format', help: 'it is one of text, json, markdown, csv' })
  for (const [kind, ...args] of asked) {
    const report = tenants[`${kind}Sync`](...args)
    assert.match(report.renderSync('markdown'), /^## /)
    assert.ok((await report.render('csv')).split('\n').length > 2)
  }
  for (const report of [tenants.diffSync(broken), tenants.changeSync(broken, INTEND)]) {
    assert.match(report.renderSync('junit'), /^<\?xml.*<failure/s)
  }
})

test('what cannot be asked is told', async () => {
  const wrong = [
    [() => tenants.matrixSync('label:'), 'by'],
    [() => tenants.matrixSync(3), 'by'],
    [() => tenants.matrixSync('workload', { declared: 'yes' }), 'options.declared'],
    [() => tenants.matrixSync('workload', { strict: true }), 'options.strict'],
    [() => tenants.isolateSync({ by: 'labels:x' }), 'by'],
    [() => tenants.isolateSync({ tenants: { acme: { namespaces: 'x' } } }), 'tenants.acme.namespaces'],
    [() => tenants.isolateSync({ tenants: { x: { namespaces: ['nope'] } } }), 'tenants.x'],
    [() => tenants.isolateSync({ exceptions: [{ to: 'nobody' }] }), 'exceptions[0].to'],
    [() => tenants.isolateSync({ exceptions: [{ to: 'tenant-acme/*', ports: [80.5] }] }), 'exceptions[0].ports[0]'],
    [() => tenants.isolateSync({ exceptions: [{ to: 'tenant-acme/*', ports: [2 ** 32 + 80] }] }), 'exceptions[0].ports[0]'],
    [() => tenants.canSync('tenant-acme/wbe', 'tenant-acme/api'), 'from'],
    [() => tenants.canSync('tenant-acme/web'), 'to'],
    [() => tenants.callersSync('tenant-acme/bd'), 'workload'],
    [() => tenants.reachesSync(undefined), 'workload'],
    [() => tenants.diffSync({}), 'next'],
    [() => tenants.changeSync(broken, 'x'), 'intend'],
    [() => tenants.changeSync(broken, []), 'intend'],
    [() => tenants.changeSync(broken, [INTEND, 3]), 'intend[1]'],
  ]
  for (const [ask, field] of wrong) assert.throws(ask, { name: 'MayreachError', field }, String(ask))
  await assert.rejects(tenants.callers('tenant-acme/bd'), { name: 'MayreachError', field: 'workload' })
  await assert.rejects(tenants.matrix('label:tenant', { strict: true }), { field: 'options.strict' })
})

test('an aborted signal ends waiting', async () => {
  const reason = new Error('enough')
  for (const [kind, ...args] of asked) {
    if (args.at(-1)?.declared) continue
    await assert.rejects(tenants[kind](...args, { signal: AbortSignal.abort(reason) }), reason)
    const controller = new AbortController()
    const waiting = tenants[kind](...args, { signal: controller.signal })
    controller.abort(reason)
    await assert.rejects(waiting, reason)
  }
  await assert.rejects(tenants.matrix('workload', { declared: true, signal: AbortSignal.abort(reason) }), reason)
  const report = await tenants.isolate({ by: 'label:tenant' })
  await assert.rejects(report.render('html', { signal: AbortSignal.abort(reason) }), reason)
})
