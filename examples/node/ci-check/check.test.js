// The script as a pipeline runs it: on the example as it is, and on broken ones.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const tenants = fileURLToPath(new URL('../../tenants', import.meta.url))
const script = fileURLToPath(new URL('check.js', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'ci-check-'))
after(() => rmSync(scratch, { recursive: true }))

/** Runs the check on the tenants with files changed. */
function run(name, changes = {}) {
  const folder = join(scratch, name)
  cpSync(tenants, folder, { recursive: true })
  for (const [file, change] of Object.entries(changes)) {
    const before = readFileSync(join(folder, file), 'utf8')
    const text = change(before)
    assert.notEqual(text, before, 'the change changes something')
    writeFileSync(join(folder, file), text)
  }
  return spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
}

test('the example passes', () => {
  const { status, stdout, stderr } = run('good')
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /tenants are isolated/)
})

test('a tenant that is opened is a finding that names the policy', () => {
  const everything = `\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: NS}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}\n`
  const open = (text) => text + everything.replace('NS', 'tenant-acme') + everything.replace('NS', 'tenant-globex')
  const { status, stderr } = run('open', {
    'network-policies.yaml': open,
    'mesh-policies.yaml': (text) => text.replaceAll('notNamespaces: [tenant-globex]', 'notNamespaces: [tenant-globex, tenant-acme]'),
  })
  assert.equal(status, 1, stderr)
  assert.match(stderr, /acme reaches globex/)
  assert.match(stderr, /network-policies\.yaml:\d+/)
})

test('a call that must work and does not is a finding with its explanation', () => {
  const { status, stderr } = run('closed', {
    'network-policies.yaml': (text) => text.replace(/name: same-namespace\n  namespace: tenant-acme/, 'name: same-namespace\n  namespace: tenant-initech-old'),
  })
  assert.equal(status, 1, stderr)
  assert.match(stderr, /tenant-acme\/web tenant-acme\/api 80 GET \/v1\/orders must work/)
  assert.match(stderr, /✗ egress/)
})

test('wrong manifests are told from wrong policies', () => {
  const { status, stderr } = run('wrong', { 'network-policies.yaml': (text) => text.replace('podSelector', 'podSelectors') })
  assert.equal(status, 2)
  assert.match(stderr, /network-policies\.yaml:\d+:\d+: .*podSelectors/)
})
