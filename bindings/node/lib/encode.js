'use strict'

// Values to JSON without what JSON.stringify does in silence: NaN to null, functions to nothing, class
// instances to whatever fields they have. What a field may hold is not known here.

const { refuse } = require('./error.js')

/** Text that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Thrown where a value has no JSON; its place is looked for afterwards, only then. */
class Unsayable {
  constructor(value) {
    this.value = value
  }
}

function isPlain(value) {
  const above = Object.getPrototypeOf(value)
  if (above === Object.prototype || above === null) return true
  // The root of another realm (a test runner's) is as plain as ours.
  return Object.getPrototypeOf(above) === null && Object.hasOwn(above, 'isPrototypeOf')
}

function string(text) {
  if (PLAIN.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new Unsayable(text)
  return JSON.stringify(text)
}

function list(values) {
  let out = '['
  for (let index = 0; index < values.length; index += 1) {
    out += (index === 0 ? '' : ',') + json(values[index])
  }
  return `${out}]`
}

function object(value) {
  if (!isPlain(value)) throw new Unsayable(value)
  let out = ''
  for (const key of Object.keys(value)) {
    const field = value[key]
    // As everywhere in JavaScript, a field that is undefined is left out.
    if (field !== undefined) out += `${out === '' ? '{' : ','}${string(key)}:${json(field)}`
  }
  return out === '' ? '{}' : `${out}}`
}

function json(value) {
  switch (typeof value) {
    case 'string':
      return string(value)
    case 'number':
      if (Number.isFinite(value)) return String(value)
      break
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? list(value) : object(value)
  }
  throw new Unsayable(value)
}

/** The path of the first value that has no JSON. */
function find(value, path) {
  const inside = Array.isArray(value)
    ? Array.from(value, (item, index) => [item, `${path}[${index}]`])
    : typeof value === 'object' && value !== null && isPlain(value)
      ? Object.entries(value).map(([key, item]) => [item, path ? `${path}.${key}` : key])
      : []
  for (const [item, place] of inside) {
    if (item === undefined && !Array.isArray(value)) continue
    const found = find(item, place)
    if (found !== undefined) return found
  }
  if (inside.length > 0) return undefined
  try {
    json(value)
    return undefined
  } catch {
    return path
  }
}

function describe(value) {
  if (typeof value === 'string') return 'text with half of a surrogate pair'
  if (typeof value === 'number') return `\`${value}\``
  if (typeof value === 'bigint') return `the bigint \`${value}\``
  if (typeof value === 'object') return `an instance of \`${value.constructor?.name ?? 'a class'}\``
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

/** JSON text of a plain value; `path` is how errors call it. */
function encode(value, path = '') {
  try {
    return json(value)
  } catch (error) {
    if (error instanceof RangeError) refuse('invalid_value', path || null, 'nested too deep')
    if (!(error instanceof Unsayable)) throw error
    const number = typeof error.value === 'number'
    const place = find(value, path) || path || null
    const message = `${describe(error.value)} is not a value that can be asked about`
    const help = number ? 'give a finite number' : 'give plain objects, arrays, text, numbers and booleans'
    return refuse(number ? 'invalid_value' : 'wrong_type', place, message, help)
  }
}

module.exports = { encode, isPlain }
