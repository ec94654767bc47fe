package main

// flow is one question, in the project's own JSON.
type flow struct {
	Source      peer              `json:"source"`
	Destination workload          `json:"destination"`
	Port        uint32            `json:"port"`
	Protocol    string            `json:"protocol"`
	HTTP        *request          `json:"http,omitempty"`
	TLS         *tlsAttributes    `json:"tls,omitempty"`
	Now         string            `json:"now,omitempty"`
	ExtAuthz    map[string]string `json:"ext_authz,omitempty"`
}

type peer struct {
	Workload              string `json:"workload"`
	MTLS                  *bool  `json:"mtls,omitempty"`
	Principal             string `json:"principal,omitempty"`
	TLSWithoutCertificate bool   `json:"tls_without_certificate,omitempty"`
}

// workload is a pod, or the Service that is called.
type workload struct {
	Workload string `json:"workload,omitempty"`
	Service  string `json:"service,omitempty"`
	IP       string `json:"ip,omitempty"`
}

type request struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Host    string      `json:"host"`
	Headers [][2]string `json:"headers"`
}

type tlsAttributes struct {
	SNI string `json:"sni"`
}

// expectation is what the real system answered.
type expectation struct {
	Verdict    string                  `json:"verdict"`
	ClientSees *clientSees             `json:"client_sees"`
	Layers     map[string]*layerAnswer `json:"layers"`
	AuditedBy  []*reason               `json:"audited_by,omitempty"`
	DryRun     []*dryRun               `json:"dry_run,omitempty"`
	// Banner tells whether an application that speaks first was heard before the client spoke.
	Banner *bool `json:"banner,omitempty"`
	// Waypoint is which one the connection goes through, or "none"; empty outside ambient.
	Waypoint string `json:"waypoint,omitempty"`
	Envoy    string `json:"envoy,omitempty"` // Envoy's own words where no layer decided
}

type clientSees struct {
	Kind   string `json:"kind"`
	Status int    `json:"status,omitempty"`
	// GRPCStatus is what a gRPC client reads out of a response whose status is 200.
	GRPCStatus int     `json:"grpc_status,omitempty"`
	Body       *string `json:"body,omitempty"`
}

type layerAnswer struct {
	Verdict string  `json:"verdict"`
	Reason  *reason `json:"reason,omitempty"`
}

type reason struct {
	Policy policyRef `json:"policy"`
	Rule   int       `json:"rule"`
}

type policyRef struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type dryRun struct {
	Action  string  `json:"action"`
	Verdict string  `json:"verdict"`
	Reason  *reason `json:"reason,omitempty"`
}

// recorded is one line of a case file.
type recorded struct {
	Name      string            `json:"name"`
	About     string            `json:"about"`
	Source    map[string]string `json:"source"`
	Options   map[string]any    `json:"options"`
	Manifests string            `json:"manifests"`
	Cases     []*recordedCase   `json:"cases"`
}

type recordedCase struct {
	Flow   *flow        `json:"flow"`
	Expect *expectation `json:"expect"`
	want   string       // what the scenario's author expects, from the written specification
}

// answered tells that no Envoy is asked: ztunnel's rules have answered.
func (c *recordedCase) answered() bool { return c.Expect != nil && c.Expect.Verdict != "" }
