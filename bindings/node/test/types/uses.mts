// What the types say, in an ES module. `tsc` is the test: each @ts-expect-error must be one.

import { Flow, MayreachError, Program, compile, compileSync, version } from 'mayreach'
import type { ClientSees, Decision, FlowInput, Layer, Verdict } from 'mayreach'
import { assertAllow, assertDeny } from 'mayreach/matchers'

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

try {
  compileSync(table)
} catch (error) {
  if (error instanceof MayreachError) {
    const line: number | null = error.line
    console.log(error.code, error.file, line, error.field, error.help, error.problems[0]?.message)
  }
}
