import { expect, test } from 'vitest'

import { compileSync } from '../../../index.mjs'
import { flow, shop } from '../../support/shop.mjs'

const program = compileSync(shop)
const denied = { ...flow, port: 22 }

test('holds', () => {
  expect(program).toAllow(flow)
  expect(program).not.toAllow(denied)
  expect(program).toDeny({ ...denied, by: 'ingress' })
  expect(program).not.toDeny({ ...denied, by: 'mtls' })
  expect(program).not.toBeUndetermined(flow)
})
