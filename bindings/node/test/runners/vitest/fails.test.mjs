import { expect, test } from 'vitest'

import { compileSync } from '../../../index.mjs'
import { flow, shop } from '../../support/shop.mjs'

const program = compileSync(shop)
const denied = { ...flow, port: 22 }

test('allows what is denied', () => expect(program).toAllow(denied))
test('does not allow what is allowed', () => expect(program).not.toAllow(flow))
test('denies by another layer', () => expect(program).toDeny({ ...denied, by: 'mtls' }))
