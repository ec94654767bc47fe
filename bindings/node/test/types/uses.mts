// What the types say, in an ES module. `tsc` is the test: each @ts-expect-error must be one.

import { Flow, MayreachError, Program, compile, compileSync, version } from 'mayreach'
import type {
  Can, ClientSees, Decision, Declared, Difference, FlowInput, Intended, Isolation, Layer, Matrix, May, Reach, Verdict,
} from 'mayreach'
import { assertAllow, assertDeny, assertIsolated } from 'mayreach/matchers'

const program: Program = await compile(['manifests/**/*.yaml', { text: 'kind: Pod', name: 'a.yaml' }], { plugin: 'calico' })
const flow: FlowInput = {
  source: { workload: 'a/web', mtls: false },
  destination: { service: 'b/api' },
  port: 80,
  http: { method: 'GET', path: '/', headers: [['x-a', 'b']] },
}
const decision: Decision = program.decide(flow)
const verdict: Verdict = decision.verdict
const layer: Layer | null = decision.decided_by
if (verdict === 'allow' || verdict === 'deny') console.log(layer, version)

function words(one: Verdict): string {
  switch (one) {
    case 'allow':
      return 'in'
    case 'deny':
      return 'out'
    case 'undetermined':
      return 'it depends'
  }
}

function sees(one: ClientSees): number {
  return one.kind === 'response' ? one.status : 0
}

// @ts-expect-error no such verdict
if (decision.verdict === 'allowed') words(decision.verdict)
// @ts-expect-error a Service opens no connections
program.decide({ source: { service: 'a/web' }, destination: { workload: 'b/api' } })
// @ts-expect-error no such field
program.decide({ ...flow, prot: 80 })
// @ts-expect-error no such option
compileSync('a', { plugin: 'cilium' })
// @ts-expect-error a program comes from compile
new Program()
// @ts-expect-error no such layer
assertDeny(program, { ...flow, by: 'network' })
// @ts-expect-error what was decided is decided
decision.verdict = 'allow'

const many: Decision[] = await program.decideMany([flow, new Flow(flow)], { signal: AbortSignal.timeout(1000) })
const table: Uint8Array = await program.decideMany(new Uint8Array())
const next: Program = program.updateSync({ set: { kind: 'Pod' }, remove: { kind: 'Pod', name: 'a', namespace: 'b' } })
assertAllow(next, flow)
assertDeny(next, { ...flow, by: 'mtls' })
for (const one of many) if (one.client_sees) sees(one.client_sees)

const isolation: Isolation = await program.isolate({ by: 'label:tenant', exceptions: [{ to: 'a/*', ports: [80] }] })
const page: string = await isolation.render('html', { signal: AbortSignal.timeout(1000) })
const { holes } = isolation.findings[isolation.pairs[0]!.finding]!
for (const hole of holes) program.decide(hole.flow)
const can: Can = program.canSync('a/web', 'b/api')
const callers: Reach = await program.callers('b/api')
const difference: Difference = program.diffSync(next)
const intended: Intended = await program.change(next, ['a/web -> b/api:80 GET /v1/*'])
console.log(page, can.ways[0]?.ports[0]?.[0], callers.may_not, difference.changes[0]?.kind, intended.steps[0]?.counterexample?.request)
console.log(program.reachesSync('a/web').renderSync('json'), String(program.matrixSync()))
const declared: Declared = await program.matrix(undefined, { declared: true, signal: AbortSignal.timeout(1000) })
const matrix: Matrix = program.matrixSync('namespace')
const may: May | undefined = matrix.findings[matrix.cells[0]?.findings?.[0]?.finding ?? 0]
console.log(declared.cells[0]?.answers?.[0]?.port, may?.but?.[0]?.any_of, can.renderSync('csv'), difference.renderSync('junit'))
// @ts-expect-error only a matrix and an isolation are pairs to draw
can.renderSync('html')
// @ts-expect-error nothing must hold of what one may do to another
can.renderSync('junit')
// @ts-expect-error the page is of all ports and requests
declared.renderSync('html')
// @ts-expect-error no such format
isolation.renderSync('pdf')
// @ts-expect-error a difference is between two programs
program.diffSync('other')
assertIsolated(program, { by: 'namespace' })

try {
  compileSync(table)
} catch (error) {
  if (error instanceof MayreachError) {
    const line: number | null = error.line
    console.log(error.code, error.file, line, error.field, error.help, error.problems[0]?.message)
  }
}
