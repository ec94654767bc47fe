// The matchers on Vitest's own `expect`.

import 'mayreach/matchers/vitest'
import { compileSync } from 'mayreach'
import { expect, test } from 'vitest'

test('types', () => {
  const program = compileSync('a.yaml')
  const flow = { source: { workload: 'a/web' }, destination: { workload: 'b/api' }, port: 80 }
  expect(program).toAllow(flow)
  expect(program).not.toDeny({ ...flow, by: 'mtls' })
  // @ts-expect-error no such layer
  expect(program).toDeny({ ...flow, by: 'network' })
})
