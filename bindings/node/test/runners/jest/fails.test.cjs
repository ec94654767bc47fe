'use strict'

const { compileSync } = require('../../../index.js')
const { flow, shop } = require('./shop.cjs')

const program = compileSync(shop)
const denied = { ...flow, port: 22 }

test('allows what is denied', () => expect(program).toAllow(denied))
test('does not allow what is allowed', () => expect(program).not.toAllow(flow))
test('denies by another layer', () => expect(program).toDeny({ ...denied, by: 'mtls' }))
