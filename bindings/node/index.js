'use strict'

const native = require('./lib/binding.js')
const { Decision } = require('./lib/decision.js')
const { MayreachError } = require('./lib/error.js')
const { Flow } = require('./lib/flow.js')
const { Program } = require('./lib/program.js')

module.exports = {
  Decision,
  Flow,
  MayreachError,
  Program,
  compile: Program.compile,
  compileSync: Program.compileSync,
  version: native.version(),
}
