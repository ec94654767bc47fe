'use strict'

const { inspect } = require('node:util')

const native = require('./binding.js')
const { encode } = require('./encode.js')
const { raise, refuse } = require('./error.js')

let questionOf
let textOf

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
    return JSON.parse(this.#text)
  }

  [inspect.custom](_depth, options) {
    return `Flow ${inspect(this.toJSON(), { ...options, depth: null })}`
  }

  static {
    questionOf = (flow) => (#question in flow ? flow.#question : undefined)
    textOf = (flow) => flow.#text
  }
}

/** JSON text of a flow; `path` is how errors call it. */
function flowText(flow, path) {
  if (typeof flow !== 'object' || flow === null || Array.isArray(flow)) {
    const help = 'write it like { source: { workload: "a/web" }, destination: { workload: "b/api" }, port: 80 }'
    refuse('wrong_type', path ?? 'flow', 'a flow is an object', help)
  }
  return flow instanceof Flow ? textOf(flow) : encode(flow, path)
}

module.exports = { Flow, flowText, questionOf, textOf }
