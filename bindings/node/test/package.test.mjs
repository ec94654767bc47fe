// The package as others get it: packed, installed into an empty project, used from both module systems
// and from TypeScript; and the two-package layout of a release.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { shop } from './support/shop.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'mayreach-package-'))
after(() => rmSync(scratch, { recursive: true }))
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const binary = readdirSync(here).find((name) => name.endsWith('.node'))

const windows = process.platform === 'win32'
const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, encoding: 'utf8', shell: windows, stdio: ['ignore', 'pipe', 'pipe'] })
const node = (cwd, ...args) => execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

function pack(folder) {
  const [{ filename, files }] = JSON.parse(npm(folder, 'pack', '--json', '--pack-destination', scratch))
  return { tarball: join(scratch, filename), files: files.map((file) => file.path) }
}

/** An empty project with these tarballs installed, and nothing from a registry. */
function project(name, tarballs) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  npm(folder, 'install', '--offline', '--no-audit', '--no-fund', ...tarballs)
  writeFileSync(join(folder, 'shop.yaml'), shop)
  return folder
}

const USE = `
const program = compileSync('shop.yaml')
const decision = program.decide({ source: { workload: 'shop/web' }, destination: { workload: 'shop/db' }, port: 5432 })
console.log(decision.verdict, version)
`

function works(folder) {
  const answer = `allow ${manifest.version}\n`
  writeFileSync(join(folder, 'use.mjs'), `import { compileSync, version } from 'mayreach'\nimport { assertDeny } from 'mayreach/matchers'\n${USE}`)
  writeFileSync(join(folder, 'use.cjs'), `const { compileSync, version } = require('mayreach')\nrequire('mayreach/matchers')\n${USE}`)
  assert.equal(node(folder, 'use.mjs'), answer)
  assert.equal(node(folder, 'use.cjs'), answer)
}

const tarball = pack(here)

test('the tarball holds what it needs, and runs nothing when installed', () => {
  assert.ok(binary, 'build the native part first: npm run build')
  for (const file of ['index.js', 'index.mjs', 'index.d.ts', 'lib/binding.js', 'matchers/index.js', 'README.md', binary]) {
    assert.ok(tarball.files.includes(file), `${file} is missing`)
  }
  const strange = tarball.files.filter((file) => /^(src|test|node_modules|target)\//.test(file))
  assert.deepEqual(strange, [])
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(manifest.scripts[script], undefined)
  assert.equal(manifest.dependencies, undefined)
})

test('an empty project, both module systems', () => works(project('plain', [tarball.tarball])))

test('TypeScript, strict, in the project that installed it', () => {
  const folder = project('typed', [tarball.tarball])
  const flow = `{ source: { workload: 'shop/web' }, destination: { workload: 'shop/db' }, port: 5432 }`
  writeFileSync(join(folder, 'use.mts'), `import { compileSync, type Verdict } from 'mayreach'\nexport const verdict: Verdict = compileSync('shop.yaml').decide(${flow}).verdict\n`)
  const options = { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['use.mts'] }))
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  // Its types need those of Node for AbortSignal, as every Node package's do.
  cpSync(join(here, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'), { recursive: true })
  cpSync(join(here, 'node_modules', 'undici-types'), join(folder, 'node_modules', 'undici-types'), { recursive: true })
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, types: ['node'] }, include: ['use.mts'] }))
  node(folder, tsc)
})

test('the layout of a release: the native part in the package of its platform', () => {
  const platform = binary.replace(/^mayreach\.|\.node$/g, '')
  const slim = join(scratch, 'slim')
  mkdirSync(slim)
  for (const file of ['package.json', ...tarball.files.filter((name) => name !== binary)]) {
    mkdirSync(dirname(join(slim, file)), { recursive: true })
    copyFileSync(join(here, file), join(slim, file))
  }
  const native = join(scratch, 'native')
  mkdirSync(native)
  copyFileSync(join(here, binary), join(native, binary))
  const { version } = manifest
  writeFileSync(join(native, 'package.json'), JSON.stringify({ name: `mayreach-${platform}`, version, main: binary, files: [binary] }))
  const face = pack(slim).tarball
  // Both are called mayreach-<version>.tgz: the slim one has replaced the other by now.
  const alone = project('alone', [face])
  writeFileSync(join(alone, 'use.cjs'), `require('mayreach')`)
  assert.throws(() => node(alone, 'use.cjs'), (error) => error.stderr.includes(`install the package mayreach-${platform}`))
  works(project('split', [face, pack(native).tarball]))
})
