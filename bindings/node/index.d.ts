/** `allow`, `deny`, or `undetermined`: it depends on what the flow, or the manifests, leave out. */
export type Verdict = 'allow' | 'deny' | 'undetermined'

/** The layers that answer, in their order. */
export type Layer = 'egress' | 'ingress' | 'mtls' | 'jwt' | 'authorization'

export type ProtocolName = 'TCP' | 'UDP' | 'SCTP' | 'ICMP' | 'ICMPv6' | 'UDPLite'

/** A protocol by name, or by number from 1 to 255. */
export type Protocol = ProtocolName | number

/** A pod or controller of the manifests. */
export interface WorkloadEnd {
  /** `namespace/name`. */
  workload: string
}

/** A Service (destination only): each backend is asked, at its target port. */
export interface ServiceEnd {
  /** `namespace/name`. */
  service: string
}

/** An address; if it is a pod's, that pod, and if it is a Service's, that Service. */
export interface AddressEnd {
  ip: string
  namespace?: undefined
}

/** A pod that no manifest holds. */
export interface PodEnd {
  namespace: string
  labels?: Record<string, string> | null
  annotations?: Record<string, string> | null
  /** `default` if left out. */
  service_account?: string | null
  ip?: string | null
  ports?: { name: string; port: number; protocol?: Protocol | null }[] | null
}

/** How a source connects. */
export interface Connecting {
  /** `false`: plaintext although in the mesh; `true`: mTLS whatever the mesh would choose. */
  mtls?: boolean | null
  /** The identity that it presents, instead of its own: `cluster.local/ns/a/sa/b`. */
  principal?: string | null
  /** It speaks TLS of its own, without a client certificate. */
  tls_without_certificate?: boolean | null
}

export type Source = (WorkloadEnd | AddressEnd | PodEnd) & Connecting
export type Destination = WorkloadEnd | ServiceEnd | AddressEnd | PodEnd

/** An HTTP request; what is left out is not known. */
export interface HttpRequest {
  method?: string | null
  /** As sent, query included. */
  path?: string | null
  /** `Host` or `:authority`. */
  host?: string | null
  /** Every other header line, in order; `[]` says that there are none. */
  headers?: [name: string, value: string][] | null
}

/**
 * One attempted connection or request: the question. What is left out is not known: where it matters
 * the verdict is `undetermined` and the reason names it under `missing`.
 */
export interface FlowInput {
  /** Comes back in the decision. */
  id?: string | number | null
  /** Who asks. */
  source: Source
  /** Whom. */
  destination: Destination
  /** The port that is called, 1-65535 or a name: a Service's own, or the workload's. */
  port?: number | string | null
  /** `TCP` if left out. */
  protocol?: Protocol | null
  /** Which of their addresses the ends use, where they have both. */
  ip_version?: 4 | 6 | null
  /** With `ICMP` and `ICMPv6`. */
  icmp?: { type: number; code?: number | null } | null
  source_port?: number | null
  /** The request; `null`: the connection is not HTTP; left out: nobody said. */
  http?: HttpRequest | null
  tls?: { sni?: string | null } | null
  /** The bearer token; `null`: none is sent. */
  token?: string | null
  /** Instead of `token`: the payload of one that counts as verified. */
  claims?: Record<string, unknown> | null
  /** Time of the request, RFC 3339 or seconds since 1970. */
  now?: string | number | null
  /** What external authorizers answered, by provider. */
  ext_authz?: Record<string, 'allow' | 'deny' | 'error'> | null
}

export interface PolicyRef {
  kind: string
  namespace?: string
  name: string
  /** `file:line`, where nothing beside says it. */
  at?: string
}

/** What decided in one layer: a stable code and what belongs to it. */
export interface Reason {
  code: ReasonCode
  policy?: PolicyRef
  /** From 0, in the list of its direction as written. */
  rule?: number
  /** `file:line`. */
  at?: string
  /** Every policy that decided by its absence of a matching rule. */
  policies?: PolicyRef[]
  tier?: string
  mode?: 'DISABLE' | 'PERMISSIVE' | 'STRICT'
  /** Whether the layers after know the client's identity. */
  identity?: boolean
  client?: 'plaintext' | 'no_certificate' | 'foreign_trust_domain' | 'unexpected_tls'
  /** The external authorizer that is asked. */
  provider?: string
  status?: number
  body?: string
  /** What the verdict depends on. */
  missing?: string[]
}

export type ReasonCode =
  | 'rule'
  | 'isolated'
  | 'end_of_tier'
  | 'default_allow'
  | 'undefined_namespace'
  | 'no_profile'
  | 'failsafe'
  | 'endpoint_to_host'
  | 'not_policed'
  | 'local_traffic'
  | 'not_in_mesh'
  | 'mtls_accepted'
  | 'mtls_refused'
  | 'no_policy'
  | 'no_allow_match'
  | 'provider'
  | 'bad_provider'
  | 'jwt_verified'
  | 'jwt_missing'
  | 'jwt_rejected'
  | 'script'
  | 'bad_request'
  | 'not_evaluated'
  | 'missing'
  | 'unknown_peer'
  | 'not_reached'

export interface LayerDecision {
  layer: Layer
  verdict: Verdict
  reason: Reason
  /** Through a waypoint: the connection that decided. */
  hop?: 'to_waypoint' | 'from_waypoint'
}

export type ClientSees =
  /** To a gRPC request with its own status, and the message in `body`. */
  | { kind: 'response'; status: number; body: string; grpc_status?: number }
  | { kind: 'reset' }
  | { kind: 'timeout' }
  /** `banner`: what an application that speaks first says has reached the client. */
  | { kind: 'closed'; banner?: true }

/** A policy that marks or would decide, and does not. */
export interface Mark {
  policy: PolicyRef
  rule?: number
  at?: string
  layer: Layer
  /** What it would do if it were enforced; absent for AUDIT. */
  would?: Verdict
}

/** What the cluster accepts and then ignores, and what is not evaluated. */
export interface Note {
  code: string
  message: string
  /** `Kind namespace/name`. */
  subject?: string
  /** `file:line`. */
  at?: string
}

/** A decision as data. */
export interface DecisionData {
  id?: string | number
  verdict: Verdict
  decided_by: Layer | null
  /** Every layer, also those after the first that denies. */
  layers: LayerDecision[]
  client_sees: ClientSees | null
  /** The workload that answers: of a Service, the backend that this is about. */
  destination: string | null
  /** The port that the network layers see. */
  port: number | null
  audited_by: Mark[]
  dry_run: Mark[]
  /** Notes on the policies and namespaces that this decision names. */
  notes: Note[]
}

/** The answer to one flow. Immutable; spelled out when somebody looks. */
export declare class Decision {
  private constructor()
  readonly verdict: Verdict
  /** The first layer that denies or, failing that, is undetermined. */
  readonly decided_by: Layer | null
  /** `verdict === 'allow'`. A decision itself is always truthy. */
  readonly allowed: boolean
  /** The reason of the layer that decided; `null` where all allow. */
  readonly reason: Reason | null
  readonly id: string | number | null
  readonly layers: LayerDecision[]
  readonly client_sees: ClientSees | null
  readonly destination: string | null
  readonly port: number | null
  readonly audited_by: Mark[]
  readonly dry_run: Mark[]
  readonly notes: Note[]
  /** A plain object: for JSON, for comparing, and to send to another thread. */
  toJSON(): DecisionData
  /** A few lines for people. */
  toString(): string
}

export interface Step {
  kind: 'tier' | 'policy' | 'rule' | 'condition' | 'remark'
  outcome: 'matched' | 'not_matched' | 'depends' | 'skipped' | 'info'
  missing?: string[]
  text?: string
  policy?: PolicyRef
  rule?: number
  at?: string
}

export interface LayerWalk extends LayerDecision {
  /** For a denial by absence: the rule that came nearest. */
  nearest?: { policy: PolicyRef; rule: number; at?: string; failed: string[] }
  steps: Step[]
}

export interface Walk {
  verdict: Verdict
  destination: string | null
  port: number | null
  layers: LayerWalk[]
  audited_by: Mark[]
  dry_run: Mark[]
  remarks: string[]
}

/** A decision, and every tier, policy, rule and condition that was asked for it. */
export interface Explanation {
  decision: DecisionData
  /** One walk, or one for each backend of a Service. */
  walks: Walk[]
  /** The decision and what it hangs on, for people. */
  toString(): string
}

export interface Answer {
  from: string
  to: string
  /** `null`: any port, where the destination declares none. */
  port: number | null
  protocol: string
  /** `depends`: on the request. */
  verdict: 'allow' | 'deny' | 'depends'
  decided_by: Layer | null
  depends_on?: string[]
}

export interface Selecting {
  policy: PolicyRef
  tier: string
  order: number | null
  staged: boolean
  /** What the enforced policies of its tier do not decide. */
  tier_default: 'deny' | 'pass'
}

/** Everything that bears on one workload. */
export interface Description {
  workload: string
  kind: string
  at: string | null
  labels: Record<string, string>
  namespace_labels: Record<string, string> | null
  service_account: string
  enrolment: 'none' | 'sidecar' | 'ambient' | 'gateway' | 'waypoint'
  host_network: boolean
  addresses: string[]
  ports: { name?: string; port: number; protocol: string }[]
  services: { service: string; ports: { port: number; protocol: string; target: string }[] }[]
  egress: Selecting[]
  ingress: Selecting[]
  /** What no tier decides. */
  undecided: 'allow' | 'deny'
  mtls: { port: number | null; decision: LayerDecision }[]
  tokens: PolicyRef[]
  authorization: { policy: PolicyRef; action: string; dry_run: boolean; rules: number }[]
  reached_by: Answer[]
}

/** The forms of a report; `html` is one self-contained page. */
export type ReportFormat = 'text' | 'json' | 'html' | 'markdown' | 'csv' | 'dot' | 'mermaid' | 'junit'
/** Those of pairs that have no page. */
export type SheetFormat = Exclude<ReportFormat, 'html'>
/** Those of a list of what holds and what does not; in `junit` what does not hold fails. */
export type ListFormat = 'text' | 'json' | 'markdown' | 'csv' | 'junit'
/** Those of a table. */
export type TableFormat = 'text' | 'json' | 'markdown' | 'csv'

/**
 * An answer about all requests: plain data, as the command's JSON. What renders it stands beside the data and
 * does not travel to other threads.
 */
export interface Report<Format extends string = TableFormat> {
  /** The report in a format, away from the event loop; `text` if left out. */
  render(format?: Format, options?: Abortable): Promise<string>
  renderSync(format?: Format): string
  /** The text for people. */
  toString(): string
}

/** One field of a rule, as written. */
export interface Condition {
  field: string
  /** One of these. */
  values: string[]
  /** None of these. */
  not_values: string[]
}

/** What a rule asks of a request, beside who the client is. */
export interface Asks {
  /** All of these hold. */
  conditions: Condition[]
  /** And one of these lists does. */
  any_of?: Condition[][]
}

/** Flows that the same rules let through. */
export interface Way extends Asks {
  protocol: string
  /** Other protocols with ports of which the same holds. */
  also?: string[]
  /** The same holds of every protocol without ports that no rule names. */
  others?: boolean
  /** Inclusive ranges; empty where the protocol has none. */
  ports: [number, number][]
  /** Ports that the client sends from, where they count. */
  source_ports?: [number, number][]
  /** Types and codes in words, where they count. */
  icmp?: string[]
  /** The Service that is called, where that counts; ports are then its own. */
  service?: string
  /** The family of the addresses that they use, where that counts. */
  ip_version?: 4 | 6
  /** Whether bytes that are not HTTP pass. */
  raw: boolean
  /** One of each class; empty: any. */
  methods: string[]
  paths: string[]
  let_in_by: LayerDecision
  /** What the client needs beside network access. */
  needs?: string[]
  /** The plainest of them in one line. */
  request: string
  flow: FlowInput
  decision: DecisionData
}

/** A rule that denies some of what ways say. */
export interface But extends Asks {
  policy: PolicyRef
  rule: number
  at?: string
}

/** What one workload may do to another. */
export interface May {
  /** Everything, something, nothing (proved), or not known. */
  verdict: 'allow' | 'some' | 'deny' | 'not_proved'
  ways: Way[]
  but?: But[]
  not_proved?: Unproved[]
}

/** All answers from one group to another. */
export interface Cell {
  from: string
  to: string
  verdict: 'allow' | 'some' | 'deny' | 'not_proved' | 'mixed'
  /** How many pairs of workloads there are of each kind, where groups are more than workloads. */
  pairs?: { allow: number; some: number; deny: number; not_proved: number }
  /** What its pairs may do: places in the matrix's `findings`, with one of the pairs. */
  findings?: { finding: number; pairs: number; from: string; to: string }[]
}

/** Who may reach whom, over all ports and requests. */
export interface Matrix extends Report<ReportFormat> {
  by: string
  groups: string[]
  cells: Cell[]
  /** Each answer once. */
  findings: May[]
  decisions: number
}

/** All answers from one group to another on declared ports. */
export interface DeclaredCell {
  from: string
  to: string
  verdict: 'allow' | 'deny' | 'depends' | 'mixed'
  allow: number
  deny: number
  depends: number
  depends_on: string[]
  /** One of each verdict: what proves the cell. */
  examples: Answer[]
  /** Every answer, when groups are workloads. */
  answers?: Answer[]
}

/** Who may reach whom on declared ports, of which nothing else is said. */
export interface Declared extends Report<SheetFormat> {
  by: string
  groups: string[]
  cells: DeclaredCell[]
}

/** Who must not reach whom: tenants by label, or by name. */
export interface IsolationQuestion {
  /** `label:KEY`, `namespace` or `workload`. */
  by?: string
  tenants?: Record<string, { namespaces?: string[]; labels?: Record<string, string> }>
  /** What is meant to pass all the same. */
  exceptions?: {
    /** Tenants by name; left out: everybody. */
    from?: string[]
    /** `namespace/workload`, `namespace/*` or the name of a tenant. */
    to: string
    ports?: number[]
    methods?: string[]
    paths?: string[]
  }[]
  /** Addresses outside the cluster are clients too; `true` if left out. */
  outside?: boolean
  /** Pods that do not exist yet are clients too; `true` if left out. */
  new_pods?: boolean
}

export type Isolated = 'isolated' | 'open' | 'not_proved'

export interface Isolation extends Report<ReportFormat> {
  /** The worst of all pairs. */
  verdict: Isolated
  by: string
  tenants: { name: string; namespaces: string[]; workloads: string[] }[]
  counts: { isolated: number; twice: number; not_proved: number; open: number }
  /** Every ordered pair; `from` may be `(outside)`. */
  pairs: { from: string; to: string; verdict: Isolated; /** Its place in `findings`. */ finding: number }[]
  findings: {
    verdict: Isolated
    /** Layers of which each alone denies everything. */
    alone: Layer[]
    network_alone: boolean
    mesh_alone: boolean
    held_by: LayerDecision[]
    /** Requests that get through, the plainest first. */
    holes: Hole[]
    not_proved: Unproved[]
  }[]
  /** Rules of AuthorizationPolicies that no request can match. */
  dead_rules: { policy: PolicyRef; rule: number; at?: string; why: string }[]
  size: { clients: number; destinations: number; decisions: number }
}

/** A request that gets through. */
export interface Hole {
  /** In one line. */
  request: string
  /** The layer and rule that let it in. */
  let_in_by: LayerDecision
  /** What the client needs beside network access. */
  needs: string[]
  flow: FlowInput
  decision: DecisionData
}

/** Why something is not proved. */
export interface Unproved {
  why: string
  missing?: string[]
  policy?: PolicyRef
  /** The widest flow of which it is so. */
  flow: FlowInput
}

/** What one workload may do to another. */
export interface Can extends Report {
  from: string
  to: string
  /** `allow`: some request gets through; `deny`: none does, proved; `undetermined`: neither. */
  verdict: Verdict
  /** Whether every flow gets through. */
  everything: boolean
  ways: Way[]
  /** Rules that deny some of what the ways say. */
  but: But[]
  not_proved: Unproved[]
}

/** Who may reach one workload, or whom it reaches. */
export interface Reach extends Report {
  workload: string
  direction: 'callers' | 'reaches'
  /** Those that may; `(outside)` may be among them. */
  may: { workload: string; ways: Hole[] }[]
  /** Those of which it is proved that they may not. */
  may_not: string[]
  not_proved: { workload: string; why: Unproved[] }[]
}

/** What changed in meaning. */
export interface Difference extends Report<ListFormat> {
  /** `equivalent` is proved for all requests. */
  verdict: 'equivalent' | 'different' | 'not_proved'
  /** Pairs of workloads for which something is allowed that was not. */
  opened: number
  closed: number
  /** Opened first, those that touch most pairs first. */
  changes: Change[]
  /** Workloads that only the new program has; they are not compared. */
  added: string[]
  removed: string[]
  not_proved: Unproved[]
}

/** Flows whose answer changed in the same way. */
export interface Change {
  kind: 'opened' | 'closed'
  intended: boolean
  pairs: number
  /** The first few. */
  from: string[]
  to: string[]
  request: string
  before: LayerDecision
  after: LayerDecision
  flow: FlowInput
  decision: DecisionData
}

/** Whether a change does what it is meant to, and nothing else. */
export interface Intended extends Report<ListFormat> {
  verdict: 'ok' | 'wrong' | 'not_proved'
  steps: {
    what: string
    verdict: 'ok' | 'wrong' | 'not_proved'
    counterexample?: { request: string; decided_by: LayerDecision; flow: FlowInput }
    not_proved?: Unproved[]
  }[]
  difference: Omit<Difference, keyof Report>
}

/** A Kubernetes object as data. */
export interface KubernetesObject {
  apiVersion?: string
  kind?: string
  metadata?: object
}

/**
 * Where manifests come from: a path of a file or folder, a pattern such as `policies/**\/*.yaml`, or `-`
 * for the standard input; text, which has more than one line; bytes; or an object.
 */
export type Manifests =
  | string
  | URL
  | Uint8Array
  | { text: string; name?: string }
  | { bytes: Uint8Array; name?: string }
  | KubernetesObject

/** Choices for reading and compiling; what is left out is the default. */
export interface Options {
  /** Invalid objects count as absent, as a cluster has it, instead of being an error. */
  as_cluster?: boolean
  root_namespace?: string
  /** Where pods live whose manifests give no address. */
  pod_networks?: string[]
  enrolment?: 'none' | 'sidecar' | 'ambient'
  plugin?: 'auto' | 'kubernetes' | 'calico'
  calico_version?: '3.31' | '3.32'
  calico_data_plane?: 'iptables' | 'ebpf'
  calico_defaulting?: 'by_version' | 'api_server' | 'admission' | 'raw'
  /** JSON Web Key Sets by issuer, as JSON text or as objects. */
  jwks?: Record<string, string | object>
}

export interface Abortable {
  signal?: AbortSignal
}

export interface TableOptions {
  /** The first wrong row is an error of the whole table, instead of a text in its column `error`. */
  strict?: boolean
}

/** Which object; the namespace is left out for cluster-wide kinds. */
export interface ObjectName {
  group?: string
  kind: string
  namespace?: string
  name: string
}

export interface Changes {
  /** Objects that are new or changed; each replaces the one of its kind and name. */
  set?: Manifests | readonly Manifests[]
  /** Objects that are gone, by name or as they were. */
  remove?: ObjectName | KubernetesObject | readonly (ObjectName | KubernetesObject)[]
}

/** What `program.share()` gives, to be posted to another thread of the process. */
export interface SharedProgram {
  readonly program: number
}

/** A flow read once, to be asked many times. */
export declare class Flow {
  /** @throws {MayreachError} with the field that is wrong */
  constructor(flow: FlowInput | Flow)
  toJSON(): FlowInput
}

/** Policies and inventory, compiled; immutable. */
export declare class Program {
  private constructor()
  static compile(sources: Manifests | readonly Manifests[], options?: Options & Abortable): Promise<Program>
  static compileSync(sources: Manifests | readonly Manifests[], options?: Options & Abortable): Program
  /** The program that another thread of this process shares, and still keeps. */
  static attach(shared: SharedProgram): Program

  /** Decides one flow. */
  decide(flow: FlowInput | Flow): Decision
  /**
   * Decides many flows away from the event loop. Bytes are an Arrow IPC stream or file of flows, and the
   * answer is an Arrow IPC stream with a decision a row.
   */
  decideMany(flows: readonly (FlowInput | Flow)[], options?: Abortable): Promise<Decision[]>
  decideMany(flows: Uint8Array, options?: TableOptions & Abortable): Promise<Uint8Array>
  decideManySync(flows: readonly (FlowInput | Flow)[]): Decision[]
  decideManySync(flows: Uint8Array, options?: TableOptions): Uint8Array
  /** The whole walk: every layer, tier, policy and rule asked, what matched and what did not. */
  explain(flow: FlowInput | Flow): Explanation
  /** Everything that bears on the workload `namespace/name`. */
  describe(workload: string): Description
  /** What a cluster would accept and then ignore, and what is not evaluated. */
  readonly notes: Note[]
  /** Who may reach whom, rolled up by `workload`, `namespace` or `label:KEY`. */
  matrix(by?: string, options?: Abortable & { declared?: false }): Promise<Matrix>
  /** On declared ports alone, and of no request: `depends` where a request decides. */
  matrix(by: string | undefined, options: Abortable & { declared: true }): Promise<Declared>
  matrixSync(by?: string, options?: { declared?: false }): Matrix
  matrixSync(by: string | undefined, options: { declared: true }): Declared
  /** Whether any request at all can get from one tenant to another: a proof, or one that can. */
  isolate(question: IsolationQuestion, options?: Abortable): Promise<Isolation>
  isolateSync(question: IsolationQuestion): Isolation
  /** What one workload (`namespace/name`) may do to another, over all requests. */
  can(from: string, to: string, options?: Abortable): Promise<Can>
  canSync(from: string, to: string): Can
  /** Who may reach a workload, over all requests, from every workload and from outside. */
  callers(workload: string, options?: Abortable): Promise<Reach>
  callersSync(workload: string): Reach
  /** Whom a workload may reach, over all requests. */
  reaches(workload: string, options?: Abortable): Promise<Reach>
  reachesSync(workload: string): Reach
  /** What changed in meaning from this program to `next`: each change with a request, or the proof of none. */
  diff(next: Program, options?: Abortable): Promise<Difference>
  diffSync(next: Program): Difference
  /**
   * Whether the change to `next` allows what it is meant to, and nothing else: `shop/web -> shop/api:8080 GET
   * /v1/*`, or several of those; port, method and path may be left out.
   */
  change(next: Program, intend: string | readonly string[], options?: Abortable): Promise<Intended>
  changeSync(next: Program, intend: string | readonly string[]): Intended
  /** The program after a change; this one stays as it is. */
  update(changes: Changes, options?: Abortable): Promise<Program>
  updateSync(changes: Changes): Program
  /** For worker threads; lives as long as somebody keeps this program. */
  share(): SharedProgram
}

/** One thing that is wrong. */
export interface Problem {
  code: string
  message: string
  file?: string
  line?: number
  column?: number
  field?: string
  help?: string
}

/** What is wrong with manifests, options or a flow; the fields are those of the first problem. */
export declare class MayreachError extends Error {
  private constructor()
  readonly name: 'MayreachError'
  /** Stable, such as `unknown_field`. */
  readonly code: string
  readonly file: string | null
  /** From 1. */
  readonly line: number | null
  readonly column: number | null
  /** Path of the field, such as `http.headers[0][1]`. */
  readonly field: string | null
  /** What to do about it. */
  readonly help: string | null
  /** Every problem. */
  readonly problems: Problem[]
}

/** Compiles manifests away from the event loop. @throws {MayreachError} with every problem */
export declare const compile: typeof Program.compile
/** Compiles manifests. @throws {MayreachError} with every problem */
export declare const compileSync: typeof Program.compileSync
/** The version of the package and of its native part. */
export declare const version: string
