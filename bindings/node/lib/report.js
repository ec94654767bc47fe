'use strict'

// Answers about all requests: plain data, and beside it what renders it.

const { abortable, noMore, takeSignal } = require('./abort.js')
const native = require('./binding.js')
const { raise, refuse, said } = require('./error.js')

/** How many characters an error shows of what is no name. */
const SHOWN = 80

function formatName(format) {
  if (typeof format !== 'string') refuse('wrong_type', 'format', 'a format is named by text')
  return format
}

/** The data of an answer; what renders it is no part of the data, and does not travel to other threads. */
function report({ answer, report: kept, problems }) {
  if (problems) raise(problems)
  const data = JSON.parse(answer)
  const renderSync = (format = 'text') => said(native.render(kept, formatName(format)))
  const render = async (format = 'text', settings) => {
    const { rest, signal } = takeSignal(settings)
    noMore(rest)
    formatName(format)
    return said(await abortable(signal, () => native.renderAsync(kept, format)))
  }
  const toString = () => renderSync('text').trimEnd()
  for (const [name, value] of Object.entries({ render, renderSync, toString })) {
    Object.defineProperty(data, name, { value })
  }
  return data
}

/** A workload's name, checked. */
function name(value, field) {
  if (typeof value !== 'string') {
    refuse('wrong_type', field, 'a workload is named by text', 'write `namespace/name`')
  }
  if (!value.isWellFormed()) refuse('wrong_type', field, `not text: \`${value.slice(0, SHOWN)}\``)
  return value
}

/** What is meant to change, as a list of text. */
function intents(intend) {
  const all = Array.isArray(intend) ? intend : [intend]
  return Array.from(all, (one, index) => {
    const field = Array.isArray(intend) ? `intend[${index}]` : 'intend'
    if (typeof one === 'string') return one
    return refuse('wrong_type', field, 'an intent is text', 'write `shop/web -> shop/api:8080 GET /v1/*`')
  })
}

module.exports = { intents, name, report }
