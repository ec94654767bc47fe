// Strict input: what is not exactly a flow is an error that names the field, never a guess.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'

import { Flow, MayreachError, compileSync } from '../index.mjs'
import { flow, shop } from './support/shop.mjs'

const program = compileSync(shop)

/** Every way of asking refuses, with the same code and field. */
function refused(wrong, field, code) {
  const is = (prefix) => (error) => {
    assert.ok(error instanceof MayreachError, String(error))
    assert.equal(error.field, prefix + field)
    if (code !== undefined) assert.equal(error.code, code)
    assert.ok(error.message.includes(field), error.message)
    return true
  }
  assert.throws(() => program.decide(wrong), is(''))
  assert.throws(() => program.explain(wrong), is(''))
  assert.throws(() => new Flow(wrong), is(''))
  assert.throws(() => program.decideManySync([flow, wrong]), is('flows[1].'))
}

test('a port is a whole number from 1 to 65535, and nothing near it', () => {
  for (const port of [2 ** 32 + 80, 2 ** 16 + 80, 2 ** 53, 1e300, 80.5, -1, -0, 0, 65_536, '80', NaN, Infinity, -Infinity]) {
    refused({ ...flow, port }, 'port', 'invalid_value')
  }
  for (const port of [true, [80], { port: 80 }, 80n, () => 80, Symbol('80'), new Number(80), new Date(80)]) {
    refused({ ...flow, port }, 'port', 'wrong_type')
  }
})

test('every other number is as strict', () => {
  refused({ ...flow, source_port: 2 ** 32 + 80 }, 'source_port', 'invalid_value')
  refused({ ...flow, source_port: 'http' }, 'source_port')
  refused({ ...flow, port: undefined, protocol: 256 }, 'protocol', 'invalid_value')
  refused({ ...flow, port: undefined, protocol: 'ICMP', icmp: { type: 256 } }, 'icmp.type', 'invalid_value')
  refused({ ...flow, now: 1.5 }, 'now')
  refused({ ...flow, id: 1.5 }, 'id')
  refused({ ...flow, claims: { exp: NaN } }, 'claims.exp', 'invalid_value')
})

test('unknown keys and wrong shapes', () => {
  refused({ ...flow, prot: 80 }, 'prot', 'unknown_field')
  refused({ ...flow, source: { workloads: 'shop/web' } }, 'source.workloads', 'unknown_field')
  refused({ ...flow, http: { verb: 'GET' } }, 'http.verb', 'unknown_field')
  refused({ ...flow, source: 'shop/web' }, 'source', 'wrong_type')
  refused({ ...flow, source: ['shop/web'] }, 'source', 'wrong_type')
  refused({ ...flow, http: { method: 5 } }, 'http.method', 'wrong_type')
  refused({ ...flow, http: { headers: { a: 'b' } } }, 'http.headers', 'wrong_type')
  refused({ ...flow, http: { headers: [['a', undefined]] } }, 'http.headers[0][1]', 'wrong_type')
  refused({ ...flow, http: { headers: [['a']] } }, 'http.headers[0]')
  refused({ ...flow, http: new Map([['method', 'GET']]) }, 'http', 'wrong_type')
  refused({ ...flow, http: { path: '/\ud800' } }, 'http.path', 'wrong_type')
  refused({ ...flow, ext_authz: { opa: true } }, 'ext_authz.opa', 'wrong_type')
  refused({ destination: flow.destination }, 'source', 'missing_field')
  // A name is looked up where it is asked; a flow by itself knows no program.
  const stranger = { ...flow, source: { workload: 'shop/wev' } }
  const unknown = { name: 'MayreachError', field: 'source.workload', code: 'unknown_peer' }
  for (const asked of [stranger, new Flow(stranger)]) assert.throws(() => program.decide(asked), unknown)
  const circle = { ...flow }
  circle.http = circle
  assert.throws(() => program.decide(circle), MayreachError)
})

test('what is no object at all', () => {
  for (const nothing of [undefined, null, 80, 'shop/web', [], [flow], () => flow, new Map()]) {
    assert.throws(() => program.decide(nothing), { name: 'MayreachError', code: 'wrong_type' })
    assert.throws(() => program.decideManySync([nothing]), { name: 'MayreachError', code: 'wrong_type' })
  }
  assert.throws(() => program.decideManySync(flow), { code: 'wrong_type', field: 'flows' })
  assert.throws(() => program.decideManySync([flow, , flow]), { code: 'wrong_type', field: 'flows[1]' })
})

test('left out, undefined and null, and objects of another realm', () => {
  const verdict = program.decide(flow).verdict
  assert.equal(program.decide({ ...flow, http: undefined, id: undefined }).verdict, verdict)
  assert.equal(program.decide(Object.assign(Object.create(null), flow)).verdict, verdict)
  assert.equal(program.decide(runInNewContext(`(${JSON.stringify(flow)})`)).verdict, verdict)
  // Fields of a prototype are not the flow's own, and must not be lost in silence.
  for (const above of [flow, Object.assign(Object.create(null), flow)]) {
    assert.throws(() => program.decide(Object.create(above)), { code: 'wrong_type' })
  }
})

test('a getter is read once', () => {
  let reads = 0
  const sly = { ...flow, get port() { return (reads += 1) === 1 ? 5432 : NaN } }
  assert.equal(program.decide(sly).verdict, program.decide({ ...flow, port: 5432 }).verdict)
  assert.equal(reads, 1)
  reads = 0
  const http = { method: 'GET', path: '/' }
  const usual = { ...flow, http, get port() { return (reads += 1) === 1 ? 5432 : NaN } }
  assert.equal(program.decide(usual).verdict, program.decide({ ...flow, http, port: 5432 }).verdict)
  assert.equal(reads, 1)
})

test('options, names and changes are as strict', () => {
  const wrong = [
    [() => compileSync(shop, { pluginn: 'calico' }), 'pluginn', 'unknown_field'],
    [() => compileSync(shop, { plugin: 'calicoo' }), 'plugin', 'invalid_value'],
    [() => compileSync(shop, { as_cluster: 'yes' }), 'as_cluster', 'wrong_type'],
    [() => compileSync(shop, { pod_networks: ['10'] }), 'pod_networks', 'invalid_value'],
    [() => compileSync(shop, 'calico'), 'options', 'wrong_type'],
    [() => compileSync(shop, { signal: {} }), 'options.signal', 'wrong_type'],
    [() => compileSync(5), 'sources', 'wrong_type'],
    [() => compileSync([]), 'sources', 'empty'],
    [() => compileSync([shop, {}]), 'sources[1]', 'wrong_type'],
    [() => compileSync([{ text: shop, file: 'a' }]), 'sources[0].file', 'unknown_field'],
    [() => compileSync([{ text: 5 }]), 'sources[0].text', 'wrong_type'],
    [() => program.describe(5), 'workload', 'wrong_type'],
    [() => program.describe('shop/wev'), 'workload', 'unknown_peer'],
    [() => program.matrixSync('team'), 'by', 'invalid_value'],
    [() => program.updateSync({ removed: [] }), 'changes.removed', 'unknown_field'],
    [() => program.updateSync({ remove: 'Pod' }), 'remove[0]', 'wrong_type'],
    [() => program.updateSync({ remove: { kind: 'Pod', namespace: 'shop', name: 'x' } }), 'remove', 'unknown_object'],
    [() => program.decideManySync(new Uint8Array(3), { strictt: true }), 'options.strictt', 'unknown_field'],
  ]
  for (const [run, field, code] of wrong) assert.throws(run, { name: 'MayreachError', field, code }, field)
})
