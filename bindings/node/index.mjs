import mayreach from './index.js'

export const { Decision, Flow, MayreachError, Program, compile, compileSync, version } = mayreach
export default mayreach
