'use strict'

// What callers hand over as manifests, sorted into paths and named texts.

const { fileURLToPath } = require('node:url')
const { isUint8Array } = require('node:util/types')

const { encode } = require('./encode.js')
const { refuse } = require('./error.js')

const HELP =
  'a source is a path or pattern, text of several lines, bytes, { text, name }, or a Kubernetes object'

/** How a Kubernetes object is called where something is wrong with it. */
function title({ kind, metadata }) {
  const name = [metadata?.namespace, metadata?.name].filter((part) => typeof part === 'string')
  return [String(kind ?? 'object'), name.join('/')].filter(Boolean).join(' ')
}

/** A Kubernetes object as text whose lines are those of `kubectl get -o json`. */
function written(object, path) {
  let text
  try {
    text = encode(object, path)
  } catch {
    // A client's classes and dates write themselves; what they make of it is as strict.
    text = encode(JSON.parse(JSON.stringify(object)), path)
  }
  return JSON.stringify(JSON.parse(text), null, 4)
}

function named(source, path) {
  const { text, bytes, name, ...rest } = source
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) refuse('unknown_field', `${path}.${unknown}`, `unknown field \`${unknown}\``, HELP)
  if (name !== undefined && typeof name !== 'string') refuse('wrong_type', `${path}.name`, 'a name is text')
  if (text !== undefined && bytes !== undefined) refuse('invalid_value', path, '`text` and `bytes` are both given')
  if (text !== undefined && typeof text !== 'string') refuse('wrong_type', `${path}.text`, 'text is a string')
  if (bytes !== undefined && !isUint8Array(bytes)) {
    refuse('wrong_type', `${path}.bytes`, 'bytes are a Uint8Array')
  }
  return { text: text ?? bytes, name: name ?? path }
}

function isObject(source) {
  return typeof source === 'object' && source !== null && !Array.isArray(source)
}

/** One source as `{ path }` or `{ text, name }`. */
function sort(source, path) {
  if (typeof source === 'string') return source.includes('\n') ? { text: source, name: path } : { path: source }
  if (source instanceof URL) return { path: fileURLToPath(source) }
  if (isUint8Array(source)) return { text: source, name: path }
  if (isObject(source) && ('text' in source || 'bytes' in source)) return named(source, path)
  if (isObject(source) && ('kind' in source || 'apiVersion' in source)) {
    return { text: written(source, path), name: title(source) }
  }
  return refuse('wrong_type', path, 'not a source of manifests', HELP)
}

/** What the native part takes: paths, and texts with their names. */
function sources(given, field) {
  const all = Array.isArray(given) ? given : [given]
  const sorted = Array.from(all, (source, index) => sort(source, Array.isArray(given) ? `${field}[${index}]` : field))
  const texts = sorted.filter((source) => source.path === undefined)
  return {
    paths: sorted.map((source) => source.path).filter((path) => path !== undefined),
    names: texts.map((source) => source.name),
    texts: texts.map((source) => Buffer.from(source.text)),
  }
}

/** Names of objects that are gone, as JSON. An object itself names itself. */
function references(given) {
  if (given === undefined) return '[]'
  const all = Array.isArray(given) ? given : [given]
  const named = all.map((one, index) => {
    const path = `remove[${index}]`
    if (!isObject(one)) refuse('wrong_type', path, 'not an object', 'write { kind, namespace, name }, or the object')
    if (!('metadata' in one)) return one
    const { apiVersion, kind, metadata } = one
    const group = typeof apiVersion === 'string' && apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
    return { ...(typeof apiVersion === 'string' && { group }), kind, namespace: metadata?.namespace, name: metadata?.name }
  })
  return encode(named, 'remove')
}

module.exports = { references, sources }
