import 'vitest'

import type { MayreachMatchers } from './index.js'

declare module 'vitest' {
  interface Matchers<T = any> extends MayreachMatchers<void> {}
}
