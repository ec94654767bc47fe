import all from './index.js'

export const { assertAllow, assertDeny, assertUndetermined, matchers } = all
