'use strict'

const { readFileSync } = require('node:fs')
const { join } = require('node:path')

// Jest reads no ES modules without a transformer: the same text, out of the other file.
const [, shop] = readFileSync(join(__dirname, '..', '..', 'support', 'shop.mjs'), 'utf8').match(/shop = `([^`]*)`/)

module.exports = {
  shop,
  flow: { source: { workload: 'shop/web' }, destination: { workload: 'shop/db' }, port: 5432 },
}
