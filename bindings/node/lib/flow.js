'use strict'

const { inspect } = require('node:util')

const native = require('./binding.js')
const { encode, isPlain } = require('./encode.js')
const { raise, refuse } = require('./error.js')

/** Six words of the usual flow: two workloads, port, method, path and host, which may be empty. */
const USUAL = /^(?:[a-z][a-z0-9.-]*\/[a-z0-9.-]+\x1f){2}[0-9]+\x1f[!-~]+\x1f[!-~]+\x1f[!-~]*$/

let questionOf
let textOf

/** Whether a value is an object of this many fields and nothing else. */
function hasOnly(value, count) {
  if (typeof value !== 'object' || value === null || !isPlain(value)) return false
  let fields = 0
  for (const _ in value) fields += 1
  return fields === count
}

/** The usual flow in words, which are read faster than JSON; undefined for any other. */
function words(flow) {
  // Fields are counted before any is read: what is not usual is read once, as JSON.
  if (!hasOnly(flow, 4)) return undefined
  const { source, destination, port, http } = flow
  if (!Number.isInteger(port) || port < 1 || port > 65535) return undefined
  if (!hasOnly(source, 1) || !hasOnly(destination, 1)) return undefined
  const { workload: from } = source
  const { workload: to } = destination
  if (typeof from !== 'string' || typeof to !== 'string') return undefined
  const { method, path, host } = http ?? {}
  if (typeof method !== 'string' || typeof path !== 'string') return undefined
  const whole = host === undefined ? hasOnly(http, 2) : typeof host === 'string' && host !== '' && hasOnly(http, 3)
  const text = `${from}\x1f${to}\x1f${port}\x1f${method}\x1f${path}\x1f${host ?? ''}`
  return whole && USUAL.test(text) ? text : undefined
}

/** The flow that a text says. */
function fieldsOf(text) {
  if (text.startsWith('{')) return JSON.parse(text)
  const [source, destination, port, method, path, host] = text.split('\x1f')
  const http = { method, path, ...(host && { host }) }
  return { source: { workload: source }, destination: { workload: destination }, port: Number(port), http }
}

/** A flow read once, to be asked many times. */
class Flow {
  #text
  #question

  constructor(flow) {
    this.#text = flow instanceof Flow ? flow.#text : flowText(flow)
    const question = native.prepare(this.#text)
    if (typeof question === 'string') raise(question)
    this.#question = question
  }

  /** The flow as it was written. */
  toJSON() {
    return fieldsOf(this.#text)
  }

  [inspect.custom](_depth, options) {
    return `Flow ${inspect(this.toJSON(), { ...options, depth: null })}`
  }

  static {
    questionOf = (flow) => (#question in flow ? flow.#question : undefined)
    textOf = (flow) => flow.#text
  }
}

/** A flow as the native part reads it, in words or as JSON; `path` is how errors call it. */
function flowText(flow, path) {
  if (typeof flow !== 'object' || flow === null || Array.isArray(flow)) {
    const help = 'write it like { source: { workload: "a/web" }, destination: { workload: "b/api" }, port: 80 }'
    refuse('wrong_type', path ?? 'flow', 'a flow is an object', help)
  }
  return flow instanceof Flow ? textOf(flow) : (words(flow) ?? encode(flow, path))
}

module.exports = { Flow, flowText, questionOf, textOf }
