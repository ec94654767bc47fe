'use strict'

const { inspect } = require('node:util')

/** One problem as a line: where, which field, what, and what to do. */
function line({ file, line, column, field, message, help }) {
  const place = [file, line, column].filter((part) => part !== undefined && part !== null).join(':')
  const where = [place, field].filter(Boolean).map((part) => `${part}: `)
  return `${where.join('')}${message}${help ? ` (${help})` : ''}`
}

/** What is wrong with manifests, options or a flow: a stable code, where, and the likely fix. */
class MayreachError extends Error {
  constructor(problems, options) {
    super(problems.map(line).join('\n'), options)
    const [first] = problems
    this.code = first.code
    this.file = first.file ?? null
    this.line = first.line ?? null
    this.column = first.column ?? null
    this.field = first.field ?? null
    this.help = first.help ?? null
    this.problems = problems
  }

  // The message says it all already; a stack, and each field once more, would bury it.
  [inspect.custom](_depth, options) {
    const own = `${this.name} [${this.code}]: ${this.message}`
    const stack = (this.stack ?? '').split('\n').filter((text) => text.startsWith('    at '))
    const cause = this.cause === undefined ? '' : `\n  cause: ${inspect(this.cause, options)}`
    return [own, ...stack].join('\n') + cause
  }
}

Object.defineProperty(MayreachError.prototype, 'name', {
  value: 'MayreachError',
  configurable: true,
  writable: true,
})

/** Throws problems that the native part answered with as JSON. */
function raise(problems) {
  throw new MayreachError(JSON.parse(problems))
}

/** The answer of the native part, or its problems thrown. */
function said({ answer, problems }) {
  if (problems) raise(problems)
  return answer
}

/** Throws one problem with what JavaScript alone can see. */
function refuse(code, field, message, help) {
  throw new MayreachError([{ code, field, message, ...(help && { help }) }])
}

module.exports = { MayreachError, raise, refuse, said }
