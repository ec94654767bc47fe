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
  /** With `ICMP` and `ICMPv6`. */
  /** Which of their addresses the ends use, where they have both. */
  ip_version?: 4 | 6 | null
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
  ext_authz?: Record<string, 'allow' | 'deny'> | null
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
}

export type ClientSees =
  | { kind: 'response'; status: number; body: string }
  | { kind: 'reset' }
  | { kind: 'timeout' }
  | { kind: 'closed' }

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
  /** Inclusive ranges. */
  ports: [number, number][]
  source_ports?: [number, number][]
  icmp?: string[]
  /** The Service that is called, where that counts; ports are then its own. */
  service?: string
  /** The family of the addresses that they use, where that counts. */
  ip_version?: 4 | 6
  /** Whether bytes that are not HTTP pass. */
  raw: boolean
  /** One of each class; none: any. */
  methods: string[]
  paths: string[]
  let_in_by: LayerDecision
  /** What the client needs beside network access. */
  needs?: string[]
  /** The plainest of them in one line. */
  request: string
  flow: FlowInput
  decision: Decision
}

/** What one workload may do to another. */
export interface May {
  /** Everything, something, nothing (proved), or not known. */
  verdict: 'allow' | 'some' | 'deny' | 'not_proved'
  ways: Way[]
  /** Rules that deny some of what the ways say. */
  but?: ({ policy: PolicyRef; rule: number; at?: string } & Asks)[]
  not_proved?: { why: string; flow: FlowInput }[]
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
export interface Matrix {
  by: string
  groups: string[]
  cells: Cell[]
  /** Each answer once. */
  findings: May[]
  decisions: number
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

export interface Isolation {
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
    holes: { request: string; let_in_by: LayerDecision; needs: string[]; flow: FlowInput; decision: DecisionData }[]
    not_proved: { why: string; missing?: string[]; policy?: PolicyRef; flow: FlowInput }[]
  }[]
  size: { clients: number; destinations: number; decisions: number }
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
  matrix(by?: string, options?: Abortable): Promise<Matrix>
  matrixSync(by?: string): Matrix
  /** Whether any request at all can get from one tenant to another: a proof, or one that can. */
  isolate(question: IsolationQuestion, options?: Abortable): Promise<Isolation>
  isolateSync(question: IsolationQuestion): Isolation
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
