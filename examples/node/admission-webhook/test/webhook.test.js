// End to end: real AdmissionReviews over TLS on loopback.

import assert from 'node:assert/strict'
import { after, before, beforeEach, afterEach, test } from 'node:test'

import { Guard } from '../src/guard.js'
import { server } from '../src/server.js'
import { cluster, networkPolicy, pair, question, review, send, start } from './support.js'

// Both sides of what holds tenants apart on the network. On this port the mesh holds them apart as well; a
// policy for every port would open UDP, which no mesh sees.
const ports = [{ protocol: 'TCP', port: 8080 }]
const letOut = networkPolicy('tenant-acme', 'out', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports }] })
const letIn = networkPolicy('tenant-globex', 'in', { podSelector: {}, ingress: [{ ports }] })
const mesh = (name, spec) => ({ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { namespace: 'tenant-globex', name }, spec })
const meshDeny = mesh('own-tenant-only', { action: 'DENY', rules: [{ from: [{ source: { notNamespaces: ['tenant-globex'] } }] }] })
const narrow = networkPolicy('tenant-globex', 'metrics', { podSelector: { matchLabels: { app: 'api' } }, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 9090 }] }] })

let world
let running
before(() => { world = cluster() })
after(() => world.remove())
beforeEach(async () => { running = await start(world.load) })
afterEach(() => running.stop())

const ask = async (request) => {
  const asked = review(request)
  const { status, body } = await send(running.port, asked)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.apiVersion, 'admission.k8s.io/v1')
  assert.equal(body.kind, 'AdmissionReview')
  assert.equal(body.response.uid, asked.request.uid)
  return body.response
}

test('a change that opens nothing is admitted', async () => {
  assert.deepEqual(await ask({ object: narrow }).then(({ allowed }) => allowed), true)
})

test('the change that opens a tenant is refused, with the flow and the line', async () => {
  assert.equal((await ask({ object: letOut })).allowed, true)
  assert.equal((await ask({ object: letIn })).allowed, true, 'the mesh still denies')
  const refused = await ask({ operation: 'DELETE', oldObject: meshDeny })
  assert.equal(refused.allowed, false)
  assert.equal(refused.status.code, 403)
  assert.match(refused.status.message, /acme could reach globex: /)
  assert.match(refused.status.message, /port 8080\/TCP, let in by rule 0 of NetworkPolicy tenant-globex\/in \(line \d+ of its JSON\)/)
  // Nothing of what was refused is kept: the same question has the same answer.
  assert.equal((await ask({ operation: 'DELETE', oldObject: meshDeny })).allowed, false)
})

test('what no mesh sees is seen', async () => {
  assert.equal((await ask({ object: { ...letOut, spec: { ...letOut.spec, egress: [{}] } } })).allowed, true)
  const refused = await ask({ object: { ...letIn, spec: { podSelector: {}, ingress: [{}] } } })
  assert.equal(refused.allowed, false)
  assert.match(refused.status.message, /acme could reach globex: .*UDP.* let in by rule 0 of NetworkPolicy tenant-globex\/in \(line \d+ of its JSON\)/)
})

test('an update counts as what it makes of the object', async () => {
  for (const object of [letOut, letIn]) assert.equal((await ask({ object })).allowed, true)
  const object = mesh('own-tenant-only', { action: 'DENY', rules: [{ from: [{ source: { notNamespaces: ['tenant-globex', 'tenant-acme'] } }] }] })
  const refused = await ask({ operation: 'UPDATE', object, oldObject: meshDeny })
  assert.equal(refused.allowed, false)
  assert.match(refused.status.message, /acme could reach globex/)
})

test('a dry run changes nothing', async () => {
  for (const object of [letOut, letIn]) assert.equal((await ask({ object, dryRun: true })).allowed, true)
  assert.equal((await ask({ operation: 'DELETE', oldObject: meshDeny })).allowed, true, 'the network still denies')
})

test('changes at the same time are judged one on top of the other', async () => {
  const changes = [{ object: letOut }, { object: letIn }, { operation: 'DELETE', oldObject: meshDeny }]
  const answers = await Promise.all(changes.map(ask))
  assert.equal(answers.filter(({ allowed }) => !allowed).length, 1, 'each alone is harmless, all three are not')
  const many = Array.from({ length: 20 }, (_, n) => ask({ object: { ...narrow, metadata: { ...narrow.metadata, name: `m${n}` } }, dryRun: n % 2 === 0 }))
  assert.ok((await Promise.all(many)).every(({ allowed }) => allowed))
})

test('what the cluster would reject is refused with the field', async () => {
  const refused = await ask({ object: networkPolicy('tenant-acme', 'odd', { podSelectors: {} }) })
  assert.equal(refused.allowed, false)
  assert.match(refused.status.message, /NetworkPolicy tenant-acme\/odd:\d+:\d+: .*podSelectors/)
})

test('deleting what nobody knows changes nothing', async () => {
  assert.equal((await ask({ operation: 'DELETE', oldObject: networkPolicy('tenant-acme', 'never', { podSelector: {} }) })).allowed, true)
})

test('reviews that ask for nothing known are refused', async () => {
  for (const request of [{ operation: 'CONNECT', object: narrow }, { operation: 'create', object: narrow }, { operation: undefined, object: narrow }, { object: null }, { object: 'x' }, { operation: 'DELETE', object: letIn }, { object: [] }, { object: {} }, { object: { kind: 'NetworkPolicy' } }]) {
    const { allowed, status } = await ask(request)
    assert.equal(allowed, false, JSON.stringify(request))
    assert.ok(status.message.length > 0)
  }
})

test('what is no review is an error, and never allowed', async () => {
  const good = review({ object: narrow })
  const wrong = [
    ['', 400], ['{', 400], ['[]', 400], ['null', 400], [JSON.stringify('x'), 400],
    [{ ...good, apiVersion: 'admission.k8s.io/v1beta1' }, 400], [{ ...good, kind: 'Review' }, 400],
    [{ ...good, request: undefined }, 400], [{ ...good, request: { ...good.request, uid: undefined } }, 400],
    [{ ...good, request: { ...good.request, uid: 7 } }, 400], [`{"a": "${'x'.repeat(5 * 1024 * 1024)}"}`, 413],
  ]
  for (const [body, status] of wrong) {
    const answer = await send(running.port, body)
    assert.equal(answer.status, status, JSON.stringify(body).slice(0, 80))
    assert.equal(answer.body.response, undefined)
  }
  assert.equal((await send(running.port, good, { type: 'text/plain' })).status, 415)
  assert.equal((await send(running.port, '', { method: 'GET', type: 'text/plain' })).status, 404)
  // And the server is none the worse for it.
  assert.equal((await ask({ object: narrow })).allowed, true)
})

test('what was admitted counts before the mirror of the cluster shows it', async () => {
  assert.equal((await ask({ object: letOut })).allowed, true)
  await running.guard.resync()
  // Deleting what is not known makes it look at the mirror again, too.
  assert.equal((await ask({ operation: 'DELETE', oldObject: networkPolicy('tenant-acme', 'never', { podSelector: {} }) })).allowed, true)
  assert.equal((await ask({ object: letIn })).allowed, true)
  await running.guard.resync()
  assert.equal((await ask({ operation: 'DELETE', oldObject: meshDeny })).allowed, false)
})

test('after a restart it knows what was admitted', async () => {
  for (const object of [letOut, letIn]) {
    assert.equal((await ask({ object })).allowed, true)
    world.keep(object)
  }
  await running.stop()
  // While it is down, nobody answers: with `failurePolicy: Fail` that is a refusal.
  await assert.rejects(send(running.port, review({ object: narrow })), { code: 'ECONNREFUSED' })
  running = await start(world.load)
  assert.equal((await ask({ operation: 'DELETE', oldObject: meshDeny })).allowed, false)
})

test('without the cluster it refuses everything, and says that it is not ready', async () => {
  let broken = true
  const guard = new Guard(async () => (broken ? ['no/such/folder'] : world.load()), question)
  const app = server(guard, { key: pair.private, cert: pair.cert })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address()
  try {
    await assert.rejects(guard.resync())
    const { response } = (await send(port, review({ object: narrow }))).body
    assert.equal(response.allowed, false)
    assert.match(response.status.message, /cannot judge this change/)
    assert.equal((await send(port, '', { method: 'GET', path: '/readyz', type: 'text/plain' })).status, 503)
    broken = false
    assert.equal((await send(port, review({ object: narrow }))).body.response.allowed, true)
    assert.equal((await send(port, '', { method: 'GET', path: '/readyz', type: 'text/plain' })).status, 200)
  } finally {
    await app.close()
  }
})

test('a judgement that comes too late is a refusal', async () => {
  await running.stop()
  running = await start(world.load, { reviewMs: 0 })
  const { allowed, status } = await ask({ object: narrow })
  assert.equal(allowed, false)
  assert.match(status.message, /cannot judge this change/)
})
