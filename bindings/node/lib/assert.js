'use strict'

// What the matchers of every runner say: whether it holds, and the explanation where it does not.

const { refuse } = require('./error.js')
const { Flow } = require('./flow.js')
const { Program } = require('./program.js')
const { LAYERS } = require('./words.js')

/** The expectation apart from the flow: `by` is the layer that decides. */
function split(given) {
  if (given instanceof Flow || typeof given !== 'object' || given === null) return { flow: given }
  const { by, ...flow } = given
  if (by !== undefined && !LAYERS.includes(by)) {
    refuse('invalid_value', 'by', `\`${by}\` is not a layer`, `it is one of ${LAYERS.join(', ')}`)
  }
  return { flow, by }
}

function end({ workload, service, ip, namespace, labels }) {
  if (workload !== undefined) return workload
  if (service !== undefined) return `service ${service}`
  return namespace === undefined ? ip : `a pod of ${namespace} ${JSON.stringify(labels ?? {})}`
}

/** A flow in one line. */
function question(given) {
  const { source, destination, port, protocol = 'TCP', http } = given instanceof Flow ? given.toJSON() : given
  const to = port === undefined ? end(destination) : `${end(destination)}, port ${port}/${protocol}`
  const request = [http?.method, http?.path].filter(Boolean).join(' ')
  return `${end(source)} → ${to}${request && `, ${request}`}`
}

/** Whether the flow comes out as wanted, and a message for when it should (not) have. */
function check(program, given, verdict) {
  if (!(program instanceof Program)) {
    refuse('wrong_type', 'program', 'not a program', 'expect(program).toAllow({ source, destination, port })')
  }
  const { flow, by } = split(given)
  const decision = program.decide(flow)
  const pass = decision.verdict === verdict && (by === undefined || decision.decided_by === by)
  const wanted = by === undefined ? verdict : `${verdict} by ${by}`
  const message = (not) => `expected ${not}${wanted}: ${question(flow)}\n${program.explain(flow)}`
  return { pass, message: () => message(pass ? 'not ' : '') }
}

/** Whether every pair of tenants is proved isolated; the report says which are not. */
function checkIsolated(program, asked) {
  if (!(program instanceof Program)) {
    refuse('wrong_type', 'program', 'not a program', "expect(program).toIsolate({ by: 'label:tenant' })")
  }
  const found = program.isolateSync(asked)
  const pass = found.verdict === 'isolated'
  return { pass, message: () => `expected tenants ${pass ? 'not ' : ''}to be isolated\n${found}` }
}

module.exports = { check, checkIsolated }
