import * as mayreach from './index.js'

export * from './index.js'
export default mayreach
