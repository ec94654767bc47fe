// Import it in a setup file: `expect(program).toAllow({ … })` is there from then on.
import { expect } from 'vitest'

import { matchers } from './index.mjs'

expect.extend(matchers)
