// Reads the cases under tests/cases: literate Markdown, and recordings as gzipped JSON lines. The form is
// written down at the reader of the Rust tests.

import { readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

export const root = fileURLToPath(new URL('../../../..', import.meta.url))
const folder = join(root, 'tests', 'cases')

/** Every scenario: `{ name, options, manifests: [{ name, text }], cases: [{ flow, expect }] }`. */
export function* scenarios(under) {
  const files = readdirSync(join(folder, under), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  for (const file of files.sort()) {
    const name = relative(folder, file).split(sep).join('/')
    // Selectors and objects to validate are no flows: tests of the engine replay them.
    if (/(selectors|validation)[^.]*\.jsonl\.gz$/.test(name) || name.startsWith('validation/')) continue
    if (name.endsWith('.md')) yield* literate(name, readFileSync(file, 'utf8'))
    else if (name.endsWith('.jsonl.gz')) yield* recorded(name, gunzipSync(readFileSync(file)).toString())
  }
}

function* recorded(file, text) {
  for (const line of text.split('\n').filter(Boolean)) {
    const { name, options, manifests, cases } = JSON.parse(line)
    yield { name: `${file}: ${name}`, options: options ?? {}, manifests: [{ name: 'recorded.yaml', text: manifests }], cases }
  }
}

function* literate(file, text) {
  let found = false
  for (const section of text.split(/^(?=##? )/m)) {
    const scenario = { name: `${file}: ${section.split('\n', 1)[0]}`, options: {}, manifests: [], cases: [] }
    for (const [, language, body] of section.matchAll(/^```(\w+)\n(.*?)^```$/gms)) add(scenario, language, body)
    if (scenario.cases.length === 0) continue
    found = true
    yield scenario
  }
  if (!found) throw new Error(`${file} holds no case`)
}

function add(scenario, language, body) {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  if (language === 'yaml') scenario.manifests.push({ name: `${scenario.manifests.length + 1}.yaml`, text: body })
  if (language === 'options') scenario.options = JSON.parse(body)
  if (language === 'cases') scenario.cases.push(...lines.map((line) => JSON.parse(line)))
  if (language !== 'files') return
  for (const path of body.split(/\s+/).filter(Boolean)) {
    scenario.manifests.push({ name: path, text: readFileSync(join(root, path), 'utf8') })
  }
}

/** What of `expect` the decision does not say; empty if it says all. */
export function missing(expect, actual, path = '') {
  if (path === '.layers' && isObject(expect) && Array.isArray(actual)) {
    return Object.entries(expect).flatMap(([layer, wanted]) =>
      missing(wanted, actual.find((one) => one.layer === layer) ?? null, `${path}.${layer}`),
    )
  }
  if (isObject(expect) && isObject(actual)) {
    return Object.entries(expect).flatMap(([key, wanted]) => missing(wanted, actual[key] ?? null, `${path}.${key}`))
  }
  if (Array.isArray(expect) && Array.isArray(actual) && expect.length === actual.length) {
    return expect.flatMap((wanted, index) => missing(wanted, actual[index], `${path}[${index}]`))
  }
  const [want, is] = [JSON.stringify(expect), JSON.stringify(actual)]
  return want === is ? [] : [`${path.slice(1)}: expected ${want}, is ${is}`]
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
