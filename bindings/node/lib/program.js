'use strict'

const { inspect } = require('node:util')
const { isUint8Array } = require('node:util/types')

const { abortable, noMore, takeSignal } = require('./abort.js')
const native = require('./binding.js')
const { Decision } = require('./decision.js')
const { encode } = require('./encode.js')
const { raise, refuse, said } = require('./error.js')
const { flowText, questionOf, textOf, Flow } = require('./flow.js')
const { intents, name, report } = require('./report.js')
const { references, sources } = require('./sources.js')
const { WRONG } = require('./words.js')

/** How many flows go to another thread at once: a millisecond's work for this one. */
const CHUNK = 1024

let serials = 0

/** Options as JSON; keys may be given as the objects that they are. */
function options(given) {
  const { jwks } = given
  if (jwks === undefined) return encode(given, '')
  if (typeof jwks !== 'object' || jwks === null) refuse('wrong_type', 'jwks', 'keys are an object by issuer')
  const text = (set, issuer) => (typeof set === 'string' ? set : encode(set, `jwks.${issuer}`))
  const sets = Object.entries(jwks).map(([issuer, set]) => [issuer, text(set, issuer)])
  return encode({ ...given, jwks: Object.fromEntries(sets) }, '')
}

function flowTexts(flows, first) {
  // `map` would pass over holes.
  return Array.from(flows, (flow, index) => flowText(flow, `flows[${first + index}]`))
}

/** The bytes of an answer, or its problems thrown. */
function bytes(answered) {
  if (typeof answered === 'string') raise(answered)
  return answered
}

function isTable(flows) {
  if (isUint8Array(flows)) return true
  if (!Array.isArray(flows)) {
    refuse('wrong_type', 'flows', 'not a list of flows', 'give an array of flows, or the bytes of an Arrow IPC stream')
  }
  return false
}

/** Policies and inventory, compiled; immutable, and shared by all threads of the process. */
class Program {
  #handle
  #serial = (serials += 1)

  constructor(made) {
    if (typeof made !== 'object' || made === null || !('problems' in made || 'program' in made)) {
      refuse('invalid_value', null, 'a program is made by `compile` or `compileSync`')
    }
    if (made.problems) raise(made.problems)
    this.#handle = made.program
  }

  static async compile(given, settings) {
    const { rest, signal } = takeSignal(settings)
    const [input, json] = [sources(given, 'sources'), options(rest)]
    return new Program(await abortable(signal, () => native.compileAsync(input, json)))
  }

  static compileSync(given, settings) {
    const { rest, signal } = takeSignal(settings)
    signal?.throwIfAborted()
    return new Program(native.compile(sources(given, 'sources'), options(rest)))
  }

  /** The program that another thread of this process shared. */
  static attach(shared) {
    const number = shared?.program
    if (!Number.isInteger(number) || number < 1 || number > 0xffff_ffff) {
      refuse('wrong_type', 'shared', 'not what `share` gives')
    }
    return new Program(native.attach(number))
  }

  decide(flow) {
    const question = flow instanceof Flow ? questionOf(flow) : undefined
    const text = question === undefined ? flowText(flow) : textOf(flow)
    const code =
      question === undefined ? native.decide(this.#handle, text) : native.decidePrepared(this.#handle, question)
    // What is wrong is spelled out by asking again: a wrong flow may be slow, a right one may not.
    if (code === WRONG) {
      said(native.decision(this.#handle, text))
      refuse('internal', null, 'a fault of mayreach: the flow was refused and then was not', 'please report it')
    }
    return new Decision(code, this.#handle, this.#serial, text)
  }

  async decideMany(flows, settings) {
    const { rest, signal } = takeSignal(settings)
    const { strict = false, ...more } = rest
    noMore(more)
    if (typeof strict !== 'boolean') refuse('wrong_type', 'options.strict', 'true or false')
    if (isTable(flows)) return this.#table(flows, strict, signal)
    const decisions = []
    for (let first = 0; first < flows.length; first += CHUNK) {
      signal?.throwIfAborted()
      const texts = flowTexts(flows.slice(first, first + CHUNK), first)
      const work = () => native.decideLinesAsync(this.#handle, texts.join('\n'), first)
      this.#keep(decisions, texts, await abortable(signal, work))
    }
    return decisions
  }

  decideManySync(flows, settings) {
    const { strict = false, ...more } = takeSignal(settings).rest
    noMore(more)
    if (typeof strict !== 'boolean') refuse('wrong_type', 'options.strict', 'true or false')
    if (isTable(flows)) return bytes(native.decideTable(this.#handle, flows, strict))
    const texts = flowTexts(flows, 0)
    const decisions = []
    this.#keep(decisions, texts, native.decideLines(this.#handle, texts.join('\n'), 0))
    return decisions
  }

  async #table(flows, strict, signal) {
    const stopper = native.stopper()
    const stop = () => native.stop(stopper)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      return bytes(await abortable(signal, () => native.decideTableAsync(this.#handle, flows, strict, stopper)))
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  #keep(decisions, texts, codes) {
    bytes(codes).forEach((code, index) => decisions.push(new Decision(code, this.#handle, this.#serial, texts[index])))
  }

  explain(flow) {
    const text = flowText(flow)
    const explanation = JSON.parse(said(native.explain(this.#handle, text)))
    const toString = () => said(native.explanationText(this.#handle, text))
    // Beside the data, and no part of it.
    Object.defineProperty(explanation, 'toString', { value: toString })
    return explanation
  }

  describe(workload) {
    if (typeof workload !== 'string') {
      refuse('wrong_type', 'workload', 'a workload is named by text', 'write `namespace/name`')
    }
    return JSON.parse(said(native.describe(this.#handle, workload)))
  }

  get notes() {
    return JSON.parse(native.notes(this.#handle))
  }

  async matrix(by = 'workload', settings) {
    const { rest, signal } = takeSignal(settings)
    return this.#analyse(...matrix(by, rest), { signal })
  }

  matrixSync(by = 'workload', settings) {
    return this.#analyseSync(...matrix(by, settings))
  }

  async isolate(question, settings) {
    return this.#analyse('isolate', tenants(question), settings)
  }

  isolateSync(question) {
    return this.#analyseSync('isolate', tenants(question))
  }

  async can(from, to, settings) {
    return this.#analyse('can', [name(from, 'from'), name(to, 'to')], settings)
  }

  canSync(from, to) {
    return this.#analyseSync('can', [name(from, 'from'), name(to, 'to')])
  }

  async callers(workload, settings) {
    return this.#analyse('callers', [name(workload, 'workload')], settings)
  }

  callersSync(workload) {
    return this.#analyseSync('callers', [name(workload, 'workload')])
  }

  async reaches(workload, settings) {
    return this.#analyse('reaches', [name(workload, 'workload')], settings)
  }

  reachesSync(workload) {
    return this.#analyseSync('reaches', [name(workload, 'workload')])
  }

  async diff(next, settings) {
    return this.#analyse('diff', [], settings, Program.#other(next))
  }

  diffSync(next) {
    return this.#analyseSync('diff', [], Program.#other(next))
  }

  async change(next, intend, settings) {
    return this.#analyse('change', intents(intend), settings, Program.#other(next))
  }

  changeSync(next, intend) {
    return this.#analyseSync('change', intents(intend), Program.#other(next))
  }

  static #other(next) {
    if (!(next instanceof Program)) refuse('wrong_type', 'next', 'not a program', 'old.diff(await compile(paths))')
    return next.#handle
  }

  async #analyse(kind, asked, settings, other) {
    const { rest, signal } = takeSignal(settings)
    noMore(rest)
    const json = encode(asked)
    return report(await abortable(signal, () => native.analyseAsync(this.#handle, kind, json, other)))
  }

  #analyseSync(kind, asked, other) {
    return report(native.analyse(this.#handle, kind, encode(asked), other))
  }

  async update(changes, settings) {
    const { rest, signal } = takeSignal(settings)
    noMore(rest)
    const [set, remove] = change(changes)
    return new Program(await abortable(signal, () => native.updateAsync(this.#handle, set, remove)))
  }

  updateSync(changes) {
    return new Program(native.update(this.#handle, ...change(changes)))
  }

  /** What another thread of this process attaches to, as long as somebody keeps this program. */
  share() {
    return { program: native.share(this.#handle) }
  }

  [inspect.custom]() {
    const [workloads, policies] = native.sizes(this.#handle)
    return `Program { workloads: ${workloads}, policies: ${policies}, notes: ${this.notes.length} }`
  }
}

function tenants(question) {
  if (typeof question !== 'object' || question === null || Array.isArray(question)) {
    refuse('wrong_type', 'question', 'a question is an object', "ask like { by: 'label:tenant' }")
  }
  return question
}

/** The question of a matrix: which, and by what. */
function matrix(by, settings = {}) {
  const { declared = false, ...rest } = takeSignal(settings).rest
  noMore(rest)
  if (typeof declared !== 'boolean') refuse('wrong_type', 'options.declared', 'true or false is wanted')
  return [declared ? 'declared' : 'matrix', [group(by)]]
}

function group(by) {
  return typeof by === 'string' ? by : refuse('wrong_type', 'by', 'a group is named by text', "such as 'label:tenant'")
}

function change(changes) {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    refuse('wrong_type', 'changes', 'changes are { set, remove }')
  }
  const { set = [], remove, ...rest } = changes
  noMore(rest, 'changes')
  return [sources(set, 'set'), references(remove)]
}

module.exports = { Program }
