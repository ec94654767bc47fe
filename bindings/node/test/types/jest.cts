// The matchers on Jest's own `expect`.

import 'mayreach/matchers/jest'
import { compileSync } from 'mayreach'
import { expect, test } from '@jest/globals'

test('types', () => {
  const program = compileSync('a.yaml')
  const flow = { source: { workload: 'a/web' }, destination: { workload: 'b/api' }, port: 80 }
  expect(program).toAllow(flow)
  expect(program).not.toDeny({ ...flow, by: 'mtls' })
  // @ts-expect-error no such layer
  expect(program).toDeny({ ...flow, by: 'network' })
})
