'use strict'

const { inspect } = require('node:util')

const native = require('./binding.js')
const { said } = require('./error.js')
const words = require('./words.js')

// Own and enumerable, and all that is, so that two decisions are equal for an assertion only if they answer the same
// flow of the same program: what is asked for later would not be compared.
const PROGRAM = Symbol('program')
const FLOW = Symbol('flow')

/** Frozen all through: whoever looks sees what was decided. */
function frozen(value) {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

/**
 * The answer to one flow. Verdict and deciding layer are there at once; the rest is spelled out when
 * somebody looks, from the same immutable program.
 */
class Decision {
  #code
  #handle
  #whole

  constructor(code, handle, serial, flow) {
    this.#code = code
    this[PROGRAM] = serial
    this[FLOW] = flow
    this.#handle = handle
  }

  get #spelled() {
    this.#whole ??= frozen(JSON.parse(said(native.decision(this.#handle, this[FLOW]))))
    return this.#whole
  }

  get verdict() {
    return words.verdict(this.#code)
  }

  get decided_by() {
    return words.layer(this.#code)
  }

  get allowed() {
    return this.verdict === 'allow'
  }

  get id() {
    return this.#spelled.id ?? null
  }

  get layers() {
    return this.#spelled.layers
  }

  get reason() {
    return this.layers.find((layer) => layer.layer === this.decided_by)?.reason ?? null
  }

  get client_sees() {
    return this.#spelled.client_sees
  }

  get destination() {
    return this.#spelled.destination
  }

  get port() {
    return this.#spelled.port
  }

  get audited_by() {
    return this.#spelled.audited_by
  }

  get dry_run() {
    return this.#spelled.dry_run
  }

  get notes() {
    return this.#spelled.notes
  }

  /** The whole decision as a plain object: for JSON, and to send to another thread. */
  toJSON() {
    return structuredClone(this.#spelled)
  }

  /** A few lines for people. */
  toString() {
    return said(native.decisionText(this.#handle, this[FLOW]))
  }

  [inspect.custom](depth) {
    return depth < 0 ? `[Decision: ${this.verdict}]` : `Decision: ${this}`
  }
}

module.exports = { Decision }
