'use strict'

// Name it in `setupFilesAfterEnv`: `expect(program).toAllow({ … })` is there from then on.
const { matchers } = require('./index.js')

expect.extend(matchers)
