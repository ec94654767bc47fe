// The cluster as it would be after a change, and whether a tenant is then open to another.

import { MayreachError, compile } from 'mayreach'

/** Why a change is refused, for the person who made it. */
export class Refusal extends Error {}

/** Every way from one tenant to another that is open, or not proved to be closed, with its story. */
function openings(isolation) {
  const found = new Map()
  for (const { from, to, finding } of isolation.pairs) {
    const { holes, not_proved: unproved } = isolation.findings[finding]
    for (const hole of holes) {
      const { policy, rule, at } = hole.let_in_by.reason
      const name = policy && [policy.kind, [policy.namespace, policy.name].filter(Boolean).join('/')].join(' ')
      // The object under review is no file: its lines are those of `kubectl get -o json`.
      const place = at?.startsWith(`${name}:`) ? `line ${at.slice(name.length + 1)} of its JSON` : at
      const by = policy ? `${rule === undefined ? '' : `rule ${rule} of `}${name} (${place})` : hole.let_in_by.reason.code
      found.set(`${from} > ${to}: ${hole.request}`, `${from} could reach ${to}: ${hole.request}, let in by ${by}`)
    }
    for (const { why } of unproved) found.set(`${from} > ${to}: ${why}`, `${from} may reach ${to}: ${why}`)
  }
  return found
}

/** The program after a change; removing what is not there changes nothing. */
async function applied(program, change, signal) {
  try {
    return await program.update(change, { signal })
  } catch (error) {
    if (error instanceof MayreachError && error.code === 'unknown_object') return program
    throw error
  }
}

/**
 * How long a change that was admitted counts although the cluster's manifests do not show it: they are a
 * mirror, and mirrors lag. Longer than the mirror does.
 */
const SETTLE_MS = 120_000

/**
 * Keeps the cluster's policies in a program and judges changes one after the other, each on top of those
 * that were admitted before it.
 */
export class Guard {
  #load
  #question
  #program
  #openings
  #admitted = []
  #turn = Promise.resolve()

  /** `load` gives the manifests of the cluster as it is; `question` says who the tenants are. */
  constructor(load, question) {
    this.#load = load
    this.#question = question
  }

  get isReady() {
    return this.#program !== undefined
  }

  /** Reads the cluster again. Until that works, every change is refused. */
  resync() {
    return this.#inTurn(() => this.#read())
  }

  /**
   * Resolves if the change may be made; `{ set }` or `{ remove }`, one object.
   * @param {import('mayreach').Changes} change
   * @param {{ dryRun?: boolean, signal?: AbortSignal }} settings
   */
  review(change, { dryRun = false, signal } = {}) {
    return this.#inTurn(async () => {
      if (!this.isReady) await this.#read()
      const next = await this.#after(change, signal)
      const after = openings(await next.isolate(this.#question, { signal }))
      const fresh = [...after].filter(([way]) => !this.#openings.has(way)).map(([, story]) => story)
      if (fresh.length > 0) throw new Refusal(fresh.join('; '))
      // Whoever asked has given up by now, and the API server has refused.
      signal?.throwIfAborted()
      if (dryRun) return
      this.#admitted.push({ change, at: Date.now() })
      ;[this.#program, this.#openings] = [next, after]
    })
  }

  async #after(change, signal) {
    try {
      return await this.#program.update(change, { signal })
    } catch (error) {
      if (!(error instanceof MayreachError)) throw error
      // Something came about behind our back: look again before saying what deleting it would do.
      if (error.code !== 'unknown_object') throw new Refusal(error.message)
      await this.#read()
    }
    return applied(this.#program, change, signal)
  }

  async #read() {
    this.#program = undefined
    let program = await compile(await this.#load())
    this.#admitted = this.#admitted.filter(({ at }) => Date.now() - at < SETTLE_MS)
    for (const { change } of this.#admitted) program = await applied(program, change)
    this.#openings = openings(await program.isolate(this.#question))
    this.#program = program
  }

  #inTurn(work) {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
