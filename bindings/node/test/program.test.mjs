// A program in use: sources, answers, changes, errors.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { inspect, isDeepStrictEqual } from 'node:util'

import mayreach, { Decision, Flow, MayreachError, Program, compile, compileSync, version } from '../index.mjs'
import { root } from './support/cases.mjs'
import { flow, shop } from './support/shop.mjs'

const folder = mkdtempSync(join(tmpdir(), 'mayreach-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'shop.yaml')
writeFileSync(file, shop)
const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', creationTimestamp: new Date(0) } },
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } } },
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db', namespace: 'shop', labels: { app: 'db' } } },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'db-from-web', namespace: 'shop' },
    spec: { podSelector: { matchLabels: { app: 'db' } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 5432 }] }] },
  },
]
const program = compileSync(shop)
const denied = { ...flow, port: 22 }

test('every kind of source means the same', async () => {
  const bytes = new TextEncoder().encode(shop)
  const sources = [
    shop, [shop], file, [join(folder, '*.yaml')], folder, pathToFileURL(file), bytes, Buffer.from(shop),
    { text: shop, name: 'shop.yaml' }, { bytes, name: 'shop.yaml' }, objects,
    { apiVersion: 'v1', kind: 'List', items: JSON.parse(JSON.stringify(objects)) },
    [file, file], [objects[0], shop.replace(/^.*?---\n/s, '')],
  ]
  for (const source of sources) {
    for (const made of [compileSync(source), await compile(source)]) {
      assert.equal(made.decide(flow).verdict, 'allow')
      assert.equal(made.decide(denied).verdict, 'deny')
    }
  }
})

test('a place is named as its source was', () => {
  const at = (source) => compileSync(source).decide(denied).reason.at
  assert.equal(at({ text: shop, name: 'shop.yaml' }), 'shop.yaml:14')
  assert.equal(at(file), `${file}:14`)
  assert.equal(at([shop]), 'sources[0]:14')
  assert.match(at(objects), /^NetworkPolicy shop\/db-from-web:\d+$/)
})

test('a decision says who decided, and reads well', () => {
  const decision = program.decide({ ...denied, id: 'a1' })
  assert.ok(decision instanceof Decision)
  assert.equal(decision.verdict, 'deny')
  assert.equal(decision.decided_by, 'ingress')
  assert.equal(decision.allowed, false)
  assert.equal(decision.id, 'a1')
  assert.equal(decision.reason.code, 'isolated')
  assert.deepEqual(decision.reason.policy, { kind: 'NetworkPolicy', namespace: 'shop', name: 'db-from-web' })
  assert.deepEqual(decision.layers.map((layer) => layer.layer), ['egress', 'ingress', 'mtls', 'jwt', 'authorization'])
  assert.deepEqual(decision.client_sees, { kind: 'timeout' })
  assert.deepEqual(JSON.parse(JSON.stringify(decision)), decision.toJSON())
  const text = inspect(decision)
  assert.match(text, /^Decision: deny, decided by ingress/)
  assert.match(text, /✗ ingress +isolated by NetworkPolicy shop\/db-from-web/)
  assert.equal(inspect([[[[decision]]]]), '[ [ [ [Array] ] ] ]')
  assert.equal(inspect([[[decision]]]), '[ [ [ [Decision: deny] ] ] ]')
  assert.equal(program.decide(flow).reason, null)
})

test('decisions are equal only where they answer alike', () => {
  const same = (a, b) => isDeepStrictEqual(a, b)
  assert.ok(same(program.decide(flow), program.decide(flow)))
  assert.ok(!same(program.decide(flow), program.decide(denied)))
  // Both are denied by ingress, for different reasons: what is spelled out later must count too.
  const other = { ...denied, source: { namespace: 'shop', labels: { app: 'other' } } }
  assert.equal(program.decide(other).decided_by, program.decide(denied).decided_by)
  assert.ok(!same(program.decide(other), program.decide(denied)))
  const [before, next] = [program.decide(denied), program.updateSync({ set: [] }).decide(denied)]
  assert.ok(!same(before, next), 'another program may decide on another ground')
  assert.ok(same(before.toJSON(), next.toJSON()))
})

test('a decision cannot be changed by who holds it', () => {
  const decision = program.decide(denied)
  decision.toJSON().layers.length = 0
  assert.equal(decision.layers.length, 5)
  assert.throws(() => { decision.verdict = 'allow' }, TypeError)
  assert.throws(() => { decision.layers[1].verdict = 'allow' }, TypeError)
})

test('a flow that is read once', () => {
  const prepared = new Flow(denied)
  assert.deepEqual(program.decide(prepared).toJSON(), program.decide(denied).toJSON())
  assert.deepEqual(prepared.toJSON(), denied)
  assert.deepEqual(new Flow(prepared).toJSON(), denied)
  assert.match(inspect(prepared), /^Flow \{/)
  assert.deepEqual(program.explain(prepared).decision, program.decide(denied).toJSON())
})

test('explain, describe, notes, matrix', async () => {
  const explanation = program.explain(denied)
  assert.deepEqual(explanation.decision, program.decide(denied).toJSON())
  assert.equal(explanation.walks.length, 1)
  assert.match(String(explanation), /nearest: rule 0 of NetworkPolicy shop\/db-from-web/)
  assert.equal(program.describe('shop/db').ingress[0].policy.name, 'db-from-web')
  const stray = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'stray', namespace: 'nowhere' } }
  const [note] = program.updateSync({ set: stray }).notes
  assert.equal(note.subject, 'Namespace nowhere')
  assert.deepEqual(program.notes, [])
  assert.deepEqual(await program.matrix('namespace'), program.matrixSync('namespace'))
  assert.deepEqual(program.matrixSync('label:tenant').groups, ['shop'])
})

test('isolation, proved or refuted', async () => {
  const tenants = compileSync(join(root, 'examples', 'tenants'))
  const question = { tenants: { acme: { namespaces: ['tenant-acme'] }, globex: { namespaces: ['tenant-globex'] } }, outside: false }
  assert.equal(tenants.isolateSync(question).verdict, 'isolated')
  const metadata = { name: 'open', namespace: 'shop' }
  const wide = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'other' } }]
  const open = program.updateSync({ set: [...wide, { ...objects[3], metadata, spec: { podSelector: {}, ingress: [{}] } }] })
  const isolation = await open.isolate({ by: 'namespace', outside: false })
  assert.equal(isolation.verdict, 'open')
  const pair = isolation.pairs.find(({ from, to }) => from === 'other' && to === 'shop')
  const [hole] = isolation.findings[pair.finding].holes
  assert.equal(hole.let_in_by.reason.policy.name, 'open')
  assert.equal(open.decide(hole.flow).verdict, 'allow')
  assert.throws(() => program.isolateSync({ byy: 'namespace' }), { name: 'MayreachError', field: 'byy', message: /byy/ })
  assert.throws(() => program.isolateSync('namespace'), { name: 'MayreachError', field: 'question' })
})

test('many flows, in order', async () => {
  const flows = Array.from({ length: 3000 }, (_, id) => ({ ...flow, id, port: id % 3 === 0 ? 5432 : 22 }))
  for (const decisions of [program.decideManySync(flows), await program.decideMany(flows)]) {
    assert.equal(decisions.length, 3000)
    decisions.forEach((decision, id) => assert.equal(decision.verdict, id % 3 === 0 ? 'allow' : 'deny'))
    assert.equal(decisions[2999].id, 2999)
  }
  assert.deepEqual([program.decideManySync([]), await program.decideMany([])], [[], []])
  const wrong = [...flows, { ...flow, port: 0 }]
  await assert.rejects(program.decideMany(wrong), { name: 'MayreachError', field: 'flows[3000].port' })
  assert.throws(() => program.decideManySync(wrong), { name: 'MayreachError', field: 'flows[3000].port' })
})

test('a change makes another program', async () => {
  const open = { ...objects[3], spec: { ...objects[3].spec, ingress: [{}] } }
  for (const next of [program.updateSync({ set: open }), await program.update({ set: [open] })]) {
    assert.equal(next.decide(denied).verdict, 'allow')
    assert.equal(program.decide(denied).verdict, 'deny')
    for (const remove of [open, { kind: 'NetworkPolicy', namespace: 'shop', name: 'db-from-web' }]) {
      const layers = next.updateSync({ remove }).decide(denied).layers
      assert.equal(layers[1].reason.code, 'default_allow')
    }
  }
  await assert.rejects(program.update({ remove: { kind: 'NetworkPolicy', namespace: 'shop', name: 'db' } }), { code: 'unknown_object' })
  await assert.rejects(program.update({ set: 'kind: Podd\napiVersion: v1\n' }), MayreachError)
})

test('an error says what, where and what to do', async () => {
  const text = shop.replace('podSelector: {matchLabels: {app: db}}', 'podSelectors: {}')
  for (const run of [async () => compileSync({ text, name: 'shop.yaml' }), () => compile({ text, name: 'shop.yaml' })]) {
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof MayreachError && error instanceof Error)
      const { name, code, file, line, field, help } = error
      assert.deepEqual({ name, code, file, line }, { name: 'MayreachError', code: 'unknown_field', file: 'shop.yaml', line: 18 })
      assert.match(field, /podSelectors/)
      assert.match(help, /podSelector/)
      assert.match(error.message, /^shop\.yaml:18:\d+: /)
      assert.ok(error.problems.length >= 1)
      assert.match(inspect(error), /^MayreachError \[unknown_field\]: shop\.yaml:18/)
      assert.match(error.stack, /program\.test\.mjs/)
      return true
    })
  }
  const missing = join(folder, 'shoop.yaml')
  assert.throws(() => compileSync(missing), { code: 'unreadable', help: new RegExp('did you mean') })
  assert.throws(() => new Program({}), MayreachError)
})

test('the same package under both module systems', () => {
  const cjs = createRequire(import.meta.url)('../index.js')
  assert.equal(cjs.Program, Program)
  assert.equal(mayreach.compile, compile)
  const manifest = createRequire(import.meta.url)('../package.json')
  assert.equal(version, manifest.version)
})

test('the example tenants', () => {
  const tenants = compileSync(join(root, 'examples', 'tenants'))
  const call = (destination) => ({ source: { workload: 'tenant-acme/web' }, destination, port: 80, http: { method: 'GET', path: '/v1/orders' } })
  assert.equal(tenants.decide(call({ service: 'tenant-acme/api' })).verdict, 'allow')
  assert.equal(tenants.decide(call({ service: 'tenant-globex/api' })).verdict, 'deny')
})

test('the usual flow, which crosses in words, is the flow that its JSON says', () => {
  const { source, destination, port } = denied
  for (const http of [
    { method: 'GET', path: '/v1/items' },
    { method: 'GET', path: '/v1/items', host: 'db.shop' },
    { method: 'GET', path: '/v1/items', host: undefined },
    { method: 'GET', path: '/v1/\x1f', host: '' },
    { method: 'GET', path: '/\x1f/a\x1fb' },
    { method: 'PUT', path: '/ü b' },
    { method: '', path: '' },
    { method: 'GET' },
  ]) {
    const usual = { source, destination, port, http }
    // A field more, which says nothing, and it is no longer usual.
    const json = { ...usual, id: null }
    assert.deepEqual(program.decide(usual).toJSON(), program.decide(json).toJSON())
    assert.deepEqual(program.decide(new Flow(usual)).toJSON(), program.decide(json).toJSON())
    assert.deepEqual(program.explain(usual), program.explain(json))
    assert.deepEqual(new Flow(usual).toJSON(), JSON.parse(JSON.stringify(usual)))
    assert.deepEqual(program.decide(usual), program.decide(new Flow(usual)))
  }
  for (const workload of ['shop/nobody', '10.0.0.1/x', 'service:shop/db', 'shop', 'a/b/c', '']) {
    const wrong = { ...denied, source: { workload }, http: { method: 'GET', path: '/' } }
    const told = (flow) => {
      try {
        return program.decide(flow).verdict
      } catch ({ code, field, message }) {
        return { code, field, message }
      }
    }
    assert.deepEqual(told(wrong), told({ ...wrong, id: null }))
    assert.equal(told(wrong).field, 'source.workload')
  }
})
