// Every case of tests/cases, asked from Node. What the recorders word differently is settled as in the
// Rust runner (tests/it/cases.rs).

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compileSync } from '../index.mjs'
import { missing, scenarios } from './support/cases.mjs'

/** Our options, and whether the recorded system was steered in a way that we have no option for. */
function optionsOf({ name, options }) {
  const { compat, webhook, istiod, ...ours } = options
  if (compat !== undefined) ours.calico_version = compat.replace(/^v/, '')
  if (name.startsWith('calico/')) ours.plugin ??= 'calico'
  return { ours, bypassed: webhook !== undefined, flagged: istiod !== undefined }
}

/** What a recording says, in our words. */
function expected({ flow, expect: recorded }) {
  // `waypoint` is asked apart.
  const { envoy: _, waypoint: __, banner, ...expect } = structuredClone(recorded)
  // What a client heard before it spoke; of an allowed one the explanation says it.
  if (banner !== undefined && expect.client_sees) expect.client_sees.banner = banner || null
  expect.dry_run &&= expect.dry_run.map((mark) => mark.reason).filter((reason) => reason !== undefined)
  for (const layer of Object.values(expect.layers ?? {})) {
    if (layer.reason?.code !== 'profile') continue
    layer.reason.code = layer.verdict === 'allow' ? 'default_allow' : 'undefined_namespace'
  }
  // Asked for an address, the network recorder did not ask the policies of the pod that has it.
  const network = expect.layers?.egress ?? expect.layers?.ingress
  const byAddress = flow.source.ip !== undefined || flow.destination.ip !== undefined
  if (network && byAddress) delete expect.verdict
  return expect
}

/** Our answer beside a recording: where both say the same in two ways, in the recording's. */
function aligned(expect, shown) {
  for (const layer of shown.layers) {
    const wanted = expect.layers?.[layer.layer]
    // Calico has no word for "isolated by NetworkPolicies": it is the end of tier `default`.
    if (wanted?.reason?.code === 'end_of_tier' && layer.reason.code === 'isolated') {
      Object.assign(layer.reason, { code: 'end_of_tier', tier: 'default' })
    }
    // A pod's traffic to itself never leaves it; the recorded code was asked all the same.
    if (wanted && layer.reason.code === 'local_traffic') delete expect.layers[layer.layer]
  }
}

/** What a recording says of the way and of what is heard on it, which the explanation has. */
function apart(program, flow, { waypoint, banner }, { verdict }) {
  const heard = verdict === 'allow' ? banner : undefined
  if (waypoint === undefined && heard === undefined) return []
  const remarks = program.explain(flow).walks.flatMap(({ remarks }) => remarks)
  const said = 'the connection goes through the waypoint '
  const taken = remarks.find((remark) => remark.startsWith(said))?.slice(said.length) ?? 'none'
  const wrong = waypoint === undefined || waypoint === taken ? [] : [`goes through the waypoint ${taken}, not ${waypoint}`]
  const inVain = remarks.some((remark) => remark.includes('waits in vain'))
  return heard === inVain ? [...wrong, `the application was heard: ${heard}`] : wrong
}

function failures(scenario) {
  const { ours, bypassed, flagged } = optionsOf(scenario)
  if (flagged) return []
  const recorded = scenario.name.includes('/recorded/')
  let program
  try {
    program = compileSync(scenario.manifests, ours)
  } catch (error) {
    // The webhook refuses these objects, and so do we.
    return bypassed && error.name === 'MayreachError' ? [] : [`${scenario.name}: ${error.message}`]
  }
  // The recorders send bytes where a flow says nothing of HTTP.
  const flows = scenario.cases.map(({ flow }) => (recorded ? { http: null, ...flow } : flow))
  const decisions = program.decideManySync(flows)
  return scenario.cases.flatMap((one, index) => {
    const shown = decisions[index].toJSON()
    const expect = recorded ? expected(one) : one.expect
    if (recorded) aligned(expect, shown)
    const codes = shown.verdict === decisions[index].verdict && shown.decided_by === decisions[index].decided_by
    const way = recorded ? apart(program, flows[index], one.expect, shown) : []
    const wrong = [...missing(expect, shown), ...way, ...(codes ? [] : ['the code and the decision differ'])]
    return wrong.length === 0 ? [] : [`${scenario.name}\n    ${JSON.stringify(one.flow)}\n    ${wrong.join('; ')}`]
  })
}

for (const [under, atLeast] of [['seeds', 50], ['kubernetes', 20_000], ['calico', 20_000], ['istio', 20_000]]) {
  test(`cases: ${under}`, () => {
    let asked = 0
    const wrong = []
    for (const scenario of scenarios(under)) {
      asked += scenario.cases.length
      wrong.push(...failures(scenario))
    }
    assert.equal(wrong.length, 0, `${wrong.length} of ${asked} disagree\n${wrong.slice(0, 20).join('\n')}`)
    assert.ok(asked >= atLeast, `only ${asked} cases found`)
  })
}
