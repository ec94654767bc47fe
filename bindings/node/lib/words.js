'use strict'

// What the codes of the native part mean: the verdict in the low two bits, the layer above.

const native = require('./binding.js')

const VERDICTS = ['allow', 'deny', 'undetermined']
const LAYERS = native.words()

/** The code of a question that cannot be asked. */
const WRONG = 255

/** The verdict of a code. */
const verdict = (code) => VERDICTS[code & 3]

/** The deciding layer of a code, or null. */
const layer = (code) => (code >> 2 === 0 ? null : LAYERS[(code >> 2) - 1])

module.exports = { LAYERS, WRONG, layer, verdict }
