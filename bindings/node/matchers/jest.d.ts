import type { MayreachMatchers } from './index.js'

declare global {
  namespace jest {
    interface Matchers<R> extends MayreachMatchers<R> {}
  }
}

declare module '@jest/expect' {
  interface Matchers<R, T> extends MayreachMatchers<R> {}
}

export {}
