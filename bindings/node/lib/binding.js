'use strict'

// The native part: beside this package if it was built here, else the package of this platform.

const { existsSync } = require('node:fs')
const { join } = require('node:path')

/** Whether the C library is musl; Node reports a glibc version where it is not. */
function isMusl() {
  const report = process.report.getReport()
  return !(typeof report === 'string' ? JSON.parse(report) : report).header.glibcVersionRuntime
}

/** The name of this platform, as the packages are named. */
function platform() {
  const { platform, arch } = process
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`
  if (platform === 'win32') return `win32-${arch}-msvc`
  return `${platform}-${arch}`
}

function load() {
  const name = platform()
  const local = join(__dirname, '..', `mayreach.${name}.node`)
  if (existsSync(local)) return require(local)
  try {
    return require(`mayreach-${name}`)
  } catch (cause) {
    const message =
      `mayreach has no native part for ${name}: install the package mayreach-${name} ` +
      '(npm leaves it out under --omit=optional), or build it with `npm run build`'
    throw new Error(message, { cause })
  }
}

const native = load()
const { version } = require('../package.json')

// Two versions that differ by chance would answer by chance.
if (native.version() !== version) {
  throw new Error(`mayreach ${version} found the native part of ${native.version()}: install them again`)
}

module.exports = native
