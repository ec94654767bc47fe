// node src/main.js MANIFESTS…: files of the cluster as it is, such as a mirror that
// `kubectl get ns,deploy,svc,netpol,authorizationpolicies,peerauthentications -A -o yaml` keeps fresh.
//
// TLS_KEY, TLS_CERT   files
// TENANTS             how tenants are told: label:KEY (label:tenant if not set), namespace
// EXCEPTIONS          file of JSON: what is meant to pass between tenants
// RESYNC_SECONDS      how often the manifests are read again (30)

import { readFileSync } from 'node:fs'

import { Guard } from './guard.js'
import { server } from './server.js'

const { TLS_KEY, TLS_CERT, TENANTS = 'label:tenant', EXCEPTIONS, RESYNC_SECONDS = '30', PORT = '8443' } = process.env
const manifests = process.argv.slice(2)
if (manifests.length === 0 || !TLS_KEY || !TLS_CERT) {
  console.error('usage: TLS_KEY=… TLS_CERT=… node src/main.js MANIFESTS…')
  process.exit(2)
}

const exceptions = EXCEPTIONS ? JSON.parse(readFileSync(EXCEPTIONS, 'utf8')) : []
const guard = new Guard(async () => manifests, { by: TENANTS, exceptions, outside: false })
const app = server(guard, { key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT), logger: true })

await guard.resync()
setInterval(() => guard.resync().catch((error) => app.log.error(error)), Number(RESYNC_SECONDS) * 1000).unref()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
await app.listen({ host: '::', port: Number(PORT) })
