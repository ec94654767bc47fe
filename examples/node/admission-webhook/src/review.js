// AdmissionReview v1, read strictly: what is not understood is refused, never let through.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/

import { Refusal } from './guard.js'

const API_VERSION = 'admission.k8s.io/v1'
const KIND = 'AdmissionReview'

/** A body that no API server sends; there is no review to answer. */
export class Malformed extends Error {}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The request of a body. */
export function requestOf(body) {
  if (!isObject(body) || body.kind !== KIND) throw new Malformed(`not an ${KIND}`)
  if (body.apiVersion !== API_VERSION) throw new Malformed(`apiVersion is not ${API_VERSION}`)
  const { request } = body
  if (!isObject(request)) throw new Malformed('request is missing')
  if (typeof request.uid !== 'string' || request.uid === '') throw new Malformed('request.uid is missing')
  return request
}

/** What changes, as `update` takes it. */
export function changeOf({ operation, object, oldObject }) {
  switch (operation) {
    case 'CREATE':
    case 'UPDATE':
      if (!isObject(object)) throw new Refusal('request.object is missing')
      return { set: object }
    case 'DELETE':
      if (!isObject(oldObject)) throw new Refusal('request.oldObject is missing')
      return { remove: oldObject }
    default:
      throw new Refusal(`operation ${JSON.stringify(operation)} is not known here`)
  }
}

/** The answer to a request: `allowed`, or the message of a refusal. */
export function answer(uid, message) {
  const allowed = message === undefined
  const status = allowed ? undefined : { code: 403, message }
  return { apiVersion: API_VERSION, kind: KIND, response: { uid, allowed, ...(status && { status }) } }
}
