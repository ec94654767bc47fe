// The HTTPS server. Whatever goes wrong, the answer is a refusal or no answer at all, and the webhook's
// `failurePolicy: Fail` makes a refusal of that.

import Fastify from 'fastify'

import { Refusal } from './guard.js'
import { Malformed, answer, changeOf, requestOf } from './review.js'

/** etcd takes 1.5 MiB an object; a review holds two. */
const BODY_BYTES_MAX = 4 * 1024 * 1024

/** Less than the webhook's `timeoutSeconds: 10`: later, nobody listens to the answer. */
const REVIEW_MS_MAX = 8_000

export function server(guard, { key, cert, logger = false, reviewMs = REVIEW_MS_MAX }) {
  const app = Fastify({ https: { key, cert, minVersion: 'TLSv1.2' }, bodyLimit: BODY_BYTES_MAX, logger })

  // An API server sends JSON and nothing else.
  app.removeContentTypeParser('text/plain')

  app.get('/readyz', (_request, reply) => reply.code(guard.isReady ? 200 : 503).send({ ready: guard.isReady }))

  app.post('/validate', async (request, reply) => {
    const review = requestOf(request.body)
    try {
      const signal = AbortSignal.timeout(reviewMs)
      await guard.review(changeOf(review), { dryRun: review.dryRun === true, signal })
      return answer(review.uid)
    } catch (error) {
      if (error instanceof Refusal) return answer(review.uid, error.message)
      request.log.error(error)
      return answer(review.uid, `cannot judge this change: ${error instanceof Error ? error.message : error}`)
    } finally {
      reply.header('cache-control', 'no-store')
    }
  })

  app.setErrorHandler((/** @type {import('fastify').FastifyError} */ error, request, reply) => {
    const status = error instanceof Malformed ? 400 : (error.statusCode ?? 500)
    if (status >= 500) request.log.error(error)
    reply.code(status).send({ error: error.message })
  })

  return app
}
