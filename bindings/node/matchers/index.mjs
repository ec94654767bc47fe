import all from './index.js'

export const { assertAllow, assertDeny, assertIsolated, assertUndetermined, matchers } = all
