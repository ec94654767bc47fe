// The same from CommonJS.

import mayreach = require('mayreach')
import { matchers } from 'mayreach/matchers'

const program: mayreach.Program = mayreach.compileSync(new URL('file:///a.yaml'))
const verdict: 'allow' | 'deny' | 'undetermined' = program.decide({ source: { ip: '10.0.0.1' }, destination: { namespace: 'b', labels: { a: 'b' } } }).verdict
const pass: boolean = matchers.toAllow(program, { source: { workload: 'a/b' }, destination: { workload: 'c/d' } }).pass
console.log(verdict, pass)
