import type { Flow, FlowInput, IsolationQuestion, Layer, Program } from '../index.js'

/** A flow, and for `toDeny` and `toBeUndetermined` the layer that decides. */
export type Expected = (FlowInput & { by?: Layer }) | Flow

export interface Result {
  pass: boolean
  message: () => string
}

/** For `expect.extend`; the explanation is the failure's message. */
export declare const matchers: {
  toAllow(program: Program, flow: FlowInput | Flow): Result
  toDeny(program: Program, flow: Expected): Result
  toBeUndetermined(program: Program, flow: Expected): Result
  toIsolate(program: Program, question: IsolationQuestion): Result
}

/** What `expect(program)` can do after `expect.extend(matchers)`. */
export interface MayreachMatchers<R = void> {
  toAllow(flow: FlowInput | Flow): R
  toDeny(flow: Expected): R
  toBeUndetermined(flow: Expected): R
  /** Every ordered pair of tenants is proved isolated. */
  toIsolate(question: IsolationQuestion): R
}

/** @throws AssertionError with the explanation, unless the program allows the flow */
export declare function assertAllow(program: Program, flow: FlowInput | Flow): void
/** @throws AssertionError with the explanation, unless the program denies the flow, and `by` that layer */
export declare function assertDeny(program: Program, flow: Expected): void
/** @throws AssertionError with the explanation, unless the flow's verdict depends on what it leaves out */
export declare function assertUndetermined(program: Program, flow: Expected): void
/** @throws AssertionError with the report, unless every ordered pair of tenants is proved isolated */
export declare function assertIsolated(program: Program, question: IsolationQuestion): void
