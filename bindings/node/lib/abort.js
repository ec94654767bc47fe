'use strict'

const { refuse } = require('./error.js')

/** Takes the signal out of options, checked. */
function takeSignal(options, field = 'options') {
  if (options === undefined) return { rest: {}, signal: undefined }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    refuse('wrong_type', field, 'options are an object')
  }
  const { signal, ...rest } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    refuse('wrong_type', `${field}.signal`, 'not an AbortSignal')
  }
  return { rest, signal }
}

/** No further options than these. */
function noMore(rest, field = 'options') {
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) refuse('unknown_field', `${field}.${unknown}`, `unknown field \`${unknown}\``)
}

/**
 * The promise of `start`, rejected with the signal's reason as soon as it aborts. What runs on another
 * thread by then ends by itself, and nobody hears of it.
 */
async function abortable(signal, start) {
  signal?.throwIfAborted()
  if (signal === undefined) return start()
  let stop
  const aborted = new Promise((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([start(), aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

module.exports = { abortable, noMore, takeSignal }
