// What a question costs from Node, and what the same authorization question costs two general policy engines, as
// Markdown tables.
// Build the package optimised first: npm --prefix ../../bindings/node run build
//
// CPU time of this process, the best of several rounds: other processes on the machine count for little. The
// table is the exception: it is decided on every core, and its time is the clock's.

import { readFileSync } from 'node:fs'

import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { tableFromArrays, tableToIPC, vectorFromArray, Utf8, Dictionary, Int32 } from 'apache-arrow'
import { StringAdapter, newEnforcer, newModelFromString } from 'casbin'
import { Flow, compileSync } from 'mayreach'

const SERVICES = 100
const REQUESTS = 1024
const ROUNDS = 9
const ROWS = 1_000_000

const name = (n) => `s${n}`

const versionOf = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version

/** A service for each number; each takes GET below /v1 from the one before it and from nobody else. */
function manifests() {
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mesh' } }]
  items.push({ apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: 'default', namespace: 'istio-system' }, spec: { mtls: { mode: 'STRICT' } } })
  for (let n = 0; n < SERVICES; n += 1) {
    const metadata = { name: name(n), namespace: 'mesh' }
    const labels = { app: name(n), 'sidecar.istio.io/inject': 'true' }
    items.push({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    items.push({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels }, spec: { serviceAccountName: name(n), containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] } })
    const principal = `cluster.local/ns/mesh/sa/${name((n + SERVICES - 1) % SERVICES)}`
    const rules = [{ from: [{ source: { principals: [principal] } }], to: [{ operation: { methods: ['GET'], paths: ['/v1/*'] } }] }]
    items.push({ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec: { selector: { matchLabels: { app: name(n) } }, rules } })
  }
  return { apiVersion: 'v1', kind: 'List', items }
}

/** Every other one is allowed. */
const requests = Array.from({ length: REQUESTS }, (_, i) => {
  const to = (i * 37) % SERVICES
  return { from: (to + SERVICES - 1 - (i % 2)) % SERVICES, to, method: 'GET', path: `/v1/items/${i}` }
})

const flowOf = ({ from, to, method, path }) => ({
  source: { workload: `mesh/${name(from)}` },
  destination: { workload: `mesh/${name(to)}` },
  port: 8080,
  http: { method, path },
})

/** Microseconds of CPU for each of `items`, the best round; `ask` says whether it is allowed. */
function cpu(items, ask, repeat) {
  let best = Infinity
  for (let round = 0; round < ROUNDS; round += 1) {
    let allowed = 0
    const before = process.cpuUsage()
    for (let again = 0; again < repeat; again += 1) for (const item of items) allowed += ask(item) ? 1 : 0
    const { user, system } = process.cpuUsage(before)
    // An engine that answers another question is no measure.
    if (allowed !== (repeat * REQUESTS) / 2) throw new Error(`${allowed} allowed`)
    best = Math.min(best, (user + system) / (repeat * items.length))
  }
  return best
}

/** Microseconds of CPU for each flow of an array. */
function array(program, flows) {
  const once = () => {
    const before = process.cpuUsage()
    const allowed = program.decideManySync(flows).filter((decision) => decision.allowed).length
    const { user, system } = process.cpuUsage(before)
    if (allowed !== REQUESTS / 2) throw new Error(`${allowed} allowed`)
    return (user + system) / flows.length
  }
  return Math.min(...Array.from({ length: 10 * ROUNDS }, once))
}

function cedarAsk() {
  const policy = (n) => `permit(principal == Sa::"${name((n + SERVICES - 1) % SERVICES)}", action == Action::"GET", resource == Svc::"${name(n)}") when { context.path like "/v1/*" };`
  const staticPolicies = Array.from({ length: SERVICES }, (_, n) => policy(n)).join('\n')
  const parsed = cedar.preparsePolicySet('mesh', { staticPolicies })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))
  return ({ from, to, method, path }) => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'Sa', id: name(from) },
      action: { type: 'Action', id: method },
      resource: { type: 'Svc', id: name(to) },
      context: { path },
      preparsedPolicySetId: 'mesh',
      entities: [],
    })
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer))
    return answer.response.decision === 'allow'
  }
}

async function casbinAsk() {
  const model = newModelFromString(`
[request_definition]
r = sub, obj, act, path
[policy_definition]
p = sub, obj, act, path
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act && keyMatch(r.path, p.path)`)
  const lines = Array.from({ length: SERVICES }, (_, n) => `p, ${name((n + SERVICES - 1) % SERVICES)}, ${name(n)}, GET, /v1/*`)
  const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')))
  return ({ from, to, method, path }) => enforcer.enforceSync(name(from), name(to), method, path)
}

/** Of an Arrow table, nanoseconds of CPU a row, and million rows a second by the clock: best rounds. */
function rows(program, count, dictionary) {
  const some = Array.from({ length: count }, (_, i) => requests[i % REQUESTS])
  const text = (of) => {
    const values = some.map(of)
    return vectorFromArray(values, dictionary ? new Dictionary(new Utf8(), new Int32()) : new Utf8())
  }
  const bytes = tableToIPC(tableFromArrays({
    source: text(({ from }) => `mesh/${name(from)}`),
    destination: text(({ to }) => `mesh/${name(to)}`),
    port: Int32Array.from(some, () => 8080),
    method: text(({ method }) => method),
    path: text(({ path }) => path),
  }))
  const best = { clock: Infinity, cpu: Infinity }
  for (let round = 0; round < ROUNDS; round += 1) {
    const [cpu, clock] = [process.cpuUsage(), performance.now()]
    program.decideManySync(bytes)
    best.clock = Math.min(best.clock, performance.now() - clock)
    const { user, system } = process.cpuUsage(cpu)
    best.cpu = Math.min(best.cpu, user + system)
  }
  return { cpu: (best.cpu * 1000) / count, clock: count / best.clock / 1000 }
}

/** The answers of an engine, which must be ours: one that answers another question is no measure. */
function agreed(ask) {
  const other = requests.findIndex((request, i) => ask(request) !== program.decide(flows[i]).allowed)
  if (other !== -1) throw new Error(`another answer to ${JSON.stringify(requests[other])}`)
  return `the same, ${REQUESTS} of ${REQUESTS}`
}

const program = compileSync(manifests())
const flows = requests.map(flowOf)
const prepared = flows.map((flow) => new Flow(flow))
const us = (value) => `${value.toFixed(2)} µs`
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`)
const held = (what, value, bar) => row(what, us(value), `≤ ${bar.toFixed(1)} µs`, value <= bar ? 'met' : '**missed**')

row(`Node ${process.version.slice(1)}, ${SERVICES} services, a policy each, five layers`, 'measured', 'bar', '')
row('---', '---:', '---:', '---')
held('`decide`, a plain object', cpu(flows, (flow) => program.decide(flow).allowed, 50), 2.5)
held('`decide`, a `Flow` made before', cpu(prepared, (flow) => program.decide(flow).allowed, 100), 0.7)
row('`decideManySync`, an array of plain objects, each', us(array(program, flows)), '', '')
row('`decide`, and every layer spelled out', us(cpu(flows, (flow) => program.decide(flow).layers[4].verdict === 'allow', 5)), '', '')
for (const dictionary of [false, true]) {
  const { cpu, clock } = rows(program, ROWS, dictionary)
  const what = `\`decideManySync\`, Arrow IPC, ${ROWS.toLocaleString('en')} rows of ${dictionary ? 'dictionary columns' : 'plain strings'}`
  row(what, `${clock.toFixed(1)} M rows/s, ${cpu.toFixed(0)} ns of CPU each`, '≥ 4 M rows/s', clock >= 4 ? 'met' : '**missed**')
}

console.log()
row(`${REQUESTS} requests, one by one`, `${SERVICES} rules`, 'answers')
row('---', '---:', '---')
row(`mayreach ${versionOf('mayreach')}, five layers, from the manifests`, us(cpu(flows, (flow) => program.decide(flow).allowed, 50)), '')
for (const [name, what, ask] of [
  ['@cedar-policy/cedar-wasm', 'authorization alone, policies parsed before', cedarAsk()],
  ['casbin', 'authorization alone', await casbinAsk()],
]) {
  row(`${name} ${versionOf(name)}, ${what}`, us(cpu(requests, ask, 1)), agreed(ask))
}
