'use strict'

const { AssertionError } = require('node:assert')

const { check, checkIsolated } = require('../lib/assert.js')

/** For `expect.extend` of Vitest and Jest. */
const matchers = {
  toAllow: (program, flow) => check(program, flow, 'allow'),
  toDeny: (program, flow) => check(program, flow, 'deny'),
  toBeUndetermined: (program, flow) => check(program, flow, 'undetermined'),
  toIsolate: (program, question) => checkIsolated(program, question),
}

function assertion(verdict) {
  return function holds(program, flow) {
    const { pass, message } = check(program, flow, verdict)
    if (!pass) throw new AssertionError({ message: message(), operator: verdict, stackStartFn: holds })
  }
}

/** For `node:test`, and wherever a failure is a thrown AssertionError. */
const assertAllow = assertion('allow')
const assertDeny = assertion('deny')
const assertUndetermined = assertion('undetermined')


/** Every pair of tenants is proved isolated. */
function assertIsolated(program, question) {
  const { pass, message } = checkIsolated(program, question)
  if (!pass) throw new AssertionError({ message: message(), operator: 'isolated', stackStartFn: assertIsolated })
}

module.exports = { assertAllow, assertDeny, assertIsolated, assertUndetermined, matchers }
