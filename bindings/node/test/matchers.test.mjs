// The matchers in all three runners: they hold, they fail, and a failure explains itself.

import assert, { AssertionError } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Flow, compileSync } from '../index.mjs'
import { assertAllow, assertDeny, assertIsolated, assertUndetermined, matchers } from '../matchers/index.mjs'
import { flow, shop } from './support/shop.mjs'

const runners = fileURLToPath(new URL('runners', import.meta.url))
const require = createRequire(import.meta.url)
const program = compileSync(shop)
const denied = { ...flow, port: 22 }

test('assertions of node:test', () => {
  assertAllow(program, flow)
  assertAllow(program, new Flow(flow))
  assertDeny(program, denied)
  assertDeny(program, { ...denied, by: 'ingress' })
  const explained = (error) => {
    assert.ok(error instanceof AssertionError)
    assert.match(error.message, /^expected allow: shop\/web → shop\/db, port 22\/TCP\n/)
    assert.match(error.message, /nearest: rule 0 of NetworkPolicy shop\/db-from-web/)
    assert.match(error.message, /sources:\d+/)
    return true
  }
  assert.throws(() => assertAllow(program, denied), explained)
  assert.throws(() => assertDeny(program, flow), AssertionError)
  assert.throws(() => assertUndetermined(program, flow), AssertionError)
  assert.throws(() => assertDeny(program, { ...denied, by: 'mtls' }), /expected deny by mtls/)
})

test('isolation of tenants', () => {
  const tenants = ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { tenant: name } } }))
  const closed = tenants.map(({ metadata: { name } }) => ({
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'closed', namespace: name }, spec: { podSelector: {} },
  }))
  const pods = tenants.map(({ metadata: { name } }) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'api', namespace: name } }))
  const question = { by: 'label:tenant', outside: false }
  assertIsolated(compileSync([...tenants, ...pods, ...closed]), question)
  const open = compileSync([...tenants, ...pods, closed[0]])
  const said = (error) => {
    assert.ok(error instanceof AssertionError)
    assert.match(error.message, /^expected tenants to be isolated\nOPEN {2}2 tenants by label:tenant/)
    assert.match(error.message, /a\/api → b\/api/)
    return true
  }
  assert.throws(() => assertIsolated(open, question), said)
  assert.throws(() => assertIsolated({}, question), { name: 'MayreachError', field: 'program' })
  const { pass, message } = matchers.toIsolate(compileSync([...tenants, ...pods, ...closed]), question)
  assert.ok(pass && message().startsWith('expected tenants not to be isolated\nISOLATED'))
})

test('an expectation that means nothing is an error, not a failure or a pass', () => {
  assert.throws(() => assertDeny(program, { ...denied, by: 'network' }), { name: 'MayreachError', field: 'by' })
  assert.throws(() => assertDeny({}, denied), { name: 'MayreachError', field: 'program' })
  assert.throws(() => assertDeny(program, { ...denied, prot: 5 }), { name: 'MayreachError', field: 'prot' })
})

/** Runs a runner over its files: what holds passes, what is false fails with its explanation. */
function runs(name, script, args) {
  // A test runner within a test runner must not take the outer one's settings.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const run = (file) => spawnSync(process.execPath, [script, ...args, file], { cwd: join(runners, name), encoding: 'utf8', env: { ...env, NO_COLOR: '1', CI: '1' } })
  const holds = run('holds.test')
  assert.equal(holds.status, 0, holds.stdout + holds.stderr)
  const fails = run('fails.test')
  const said = fails.stdout + fails.stderr
  assert.equal(fails.status, 1, said)
  assert.match(said, /expected allow: shop\/web → shop\/db, port 22\/TCP/)
  assert.match(said, /isolated by NetworkPolicy shop\/db-from-web/)
  assert.match(said, /expected not allow/)
  assert.match(said, /expected deny by mtls/)
  assert.match(said, /3 failed/)
}

const bin = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path)

test('Vitest', () => runs('vitest', bin('vitest', 'vitest.mjs'), ['run']))
test('Jest', () => runs('jest', bin('jest', 'bin/jest.js'), ['--ci']))
