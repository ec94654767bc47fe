// A cluster in a folder, a server over TLS on loopback, and an API server's way of asking.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import selfsigned from 'selfsigned'

import { Guard } from '../src/guard.js'
import { server } from '../src/server.js'

const tenants = fileURLToPath(new URL('../../../tenants', import.meta.url))

/** Meant to pass: DNS and logs. */
const exceptions = [{ to: 'shared' }, { to: 'platform' }, { from: ['shared', 'platform'], to: 'acme' }, { from: ['shared', 'platform'], to: 'globex' }, { from: ['shared', 'platform'], to: 'initech' }]
export const question = { by: 'label:tenant', exceptions, outside: false }

const names = [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }]
export const pair = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], { extensions: [{ name: 'subjectAltName', altNames: names }] })

/** The cluster as the API server keeps it: a folder that admitted objects are written to. */
export function cluster() {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-'))
  return {
    load: async () => [tenants, join(folder, '*.json')].slice(0, existing(folder)),
    keep: (object) => {
      writeFileSync(join(folder, `${object.kind}-${object.metadata.namespace}-${object.metadata.name}.json`), JSON.stringify(object))
      kept.add(folder)
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

const kept = new Set()
const existing = (folder) => (kept.has(folder) ? 2 : 1)

export async function start(load, settings = {}) {
  const guard = new Guard(load, question)
  await guard.resync()
  const app = server(guard, { key: pair.private, cert: pair.cert, ...settings })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { guard, port: app.server.address().port, stop: () => app.close() }
}

/** What the server answers, over TLS that is verified. */
export function send(port, body, { path = '/validate', method = 'POST', type = 'application/json' } = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, ca: pair.cert, headers: { 'content-type': type }, agent: false }
    const asked = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => { text += part })
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }))
    })
    asked.on('error', reject)
    asked.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}

let uids = 0

export function review(request) {
  uids += 1
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { uid: `uid-${uids}`, operation: 'CREATE', ...request } }
}

export function networkPolicy(namespace, name, spec) {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace, name }, spec }
}
