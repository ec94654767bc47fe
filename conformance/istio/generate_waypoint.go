package main

import (
	"encoding/json"
	"strings"
)

// waypointScenario draws a scenario of another topic and puts its server behind a waypoint: policies become the
// Service's, the waypoint's or its class's, flows call the Service.
func (g *generator) waypointScenario(i int) *scenario {
	topics := []func(*generator, int) *scenario{
		(*generator).httpScenario, (*generator).tcpScenario, (*generator).jwtScenario,
		(*generator).httpScenario, (*generator).identityScenario, (*generator).pathScenario,
	}
	s := topics[i%len(topics)](g, i)
	s.about = "Behind a waypoint. " + s.about
	s.waypoints = true
	drawn := strings.TrimPrefix(s.manifests, join(generatedFixture))
	var docs []string
	for doc := range strings.SplitSeq(drawn, "---\n") {
		docs = append(docs, g.retarget(doc))
	}
	s.manifests = join(append([]string{waypointFixture}, docs...)...)
	ports := map[uint32]uint32{8080: 80, 8081: 80, 7001: 7000}
	seen := map[string]bool{}
	var cases []*recordedCase
	for _, c := range s.cases {
		f := c.Flow
		f.Destination = workload{Service: "foo/api"}
		if p := ports[f.Port]; p != 0 {
			f.Port = p
		}
		// Plaintext passes a waypoint by, and what comes out of a tunnel has no server name.
		f.Source.MTLS, f.Source.TLSWithoutCertificate, f.TLS = nil, false, nil
		if !strings.HasPrefix(f.Source.Workload, "foo/") {
			f.Source.Workload = "bar/web"
		}
		if text := toJSON(f); !seen[text] {
			seen[text] = true
			cases = append(cases, c)
		}
	}
	s.cases = cases
	return s
}

// retarget gives a drawn policy targets in place of its selector.
func (g *generator) retarget(doc string) string {
	head, spec, ok := strings.Cut(doc, "spec: ")
	switch {
	case !ok:
		return doc // the mesh config
	case strings.Contains(head, "kind: PeerAuthentication"):
		return ""
	}
	var fields map[string]any
	if json.Unmarshal([]byte(spec), &fields) != nil {
		return doc
	}
	delete(fields, "selector")
	service := map[string]any{"group": "", "kind": "Service", "name": "api"}
	gateway := map[string]any{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "wp"}
	class := map[string]any{"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "istio-waypoint"}
	other := map[string]any{"group": "", "kind": "Service", "name": "other"}
	namespace := pick(g, []string{"foo", "foo", "foo", "foo", "istio-system", "bar"})
	switch {
	case namespace == "istio-system":
		fields["targetRefs"] = []any{class}
	case g.chance(60):
		fields["targetRefs"] = []any{service}
	case g.chance(50):
		fields["targetRefs"] = []any{gateway}
	case g.chance(50):
		fields["targetRefs"] = []any{other, service}
	default:
		fields["targetRefs"] = []any{other}
	}
	for _, from := range []string{"foo", "istio-system", "bar", "team-a"} {
		head = strings.ReplaceAll(head, `"namespace":"`+from+`"`, `"namespace":"`+namespace+`"`)
	}
	text := strings.ReplaceAll(toJSON(fields), `"8080"`, `"80"`)
	if g.chance(70) {
		text = strings.ReplaceAll(text, `"127.0.2.10"`, `"127.0.2.100"`)
	}
	return head + "spec: " + text + "\n"
}
