package main

import "fmt"

type peerAuthSpec struct {
	Selector *selector       `json:"selector,omitempty"`
	MTLS     *mode           `json:"mtls,omitempty"`
	Ports    map[string]mode `json:"portLevelMtls,omitempty"`
}

type mode struct {
	Mode string `json:"mode,omitempty"`
}

func (g *generator) mode() mode {
	return mode{pick(g, []string{"STRICT", "STRICT", "PERMISSIVE", "PERMISSIVE", "DISABLE", "UNSET", ""})}
}

// mtlsScenario crosses drawn PeerAuthentications with every kind of client and port.
func (g *generator) mtlsScenario(int) *scenario {
	text := ""
	for i := range g.IntN(5) {
		for {
			spec := &peerAuthSpec{}
			if g.chance(85) {
				m := g.mode()
				spec.MTLS = &m
			}
			namespace := pick(g, []string{"foo", "foo", "foo", "foo", "istio-system", "istio-system", "bar"})
			if g.chance(55) {
				spec.Selector = &selector{map[string]string{"app": pick(g, []string{"api", "api", "api", "other"})}}
				for g.chance(55) && len(spec.Ports) < 4 {
					if spec.Ports == nil {
						spec.Ports = map[string]mode{}
					}
					spec.Ports[pick(g, ports)] = g.mode()
				}
			}
			doc := object("PeerAuthentication", "security.istio.io/v1", namespace, pick(g, []string{"a", "b", "default", "z"})+fmt.Sprint(i), nil, spec)
			if g.chance(40) {
				doc = object("PeerAuthentication", "security.istio.io/v1", namespace, fmt.Sprintf("t%d", i), nil, spec)
				doc = withAge(doc, g.IntN(9))
			}
			if valid(doc) {
				text += doc
				break
			}
		}
	}
	switch g.IntN(3) {
	case 0:
		text += object("AuthorizationPolicy", "security.istio.io/v1", "foo", "no-identity", nil,
			&authzSpec{Action: "DENY", Rules: []*authRule{{From: []fromEntry{{fields{"notPrincipals": {"*"}}}}}}})
	case 1:
		text += object("AuthorizationPolicy", "security.istio.io/v1", "foo", "own-namespace", nil,
			&authzSpec{Rules: []*authRule{{From: []fromEntry{{fields{"namespaces": {"foo"}}}}}}})
	}
	s := &scenario{about: "Drawn PeerAuthentications with every kind of client and port.", options: map[string]any{}, manifests: join(generatedFixture, text)}
	yes, no := true, false
	sources := []peer{{Workload: "foo/web"}, {Workload: "foo/web", MTLS: &no}, {Workload: "bar/web", MTLS: &yes}, {Workload: "legacy/old"}, {Workload: "legacy/old", TLSWithoutCertificate: true}}
	for _, port := range []uint32{8080, 8081, 9000, 7000, 7001} {
		for _, source := range sources {
			for _, tcp := range []bool{true, false} {
				if tcp && (port == 8080 || port == 8081) || !tcp && port == 9000 || !tcp && source.TLSWithoutCertificate && port < 8000 || g.chance(20) {
					continue
				}
				f := &flow{Source: source, Destination: workload{Workload: "foo/api"}, Port: port, Protocol: "TCP"}
				if !tcp {
					f.HTTP = &request{Method: "GET", Path: "/", Host: "api", Headers: [][2]string{}}
				}
				s.cases = append(s.cases, &recordedCase{Flow: f})
			}
		}
	}
	return s
}

func withAge(doc string, month int) string {
	const mark = `metadata: {`
	for i := 0; i+len(mark) <= len(doc); i++ {
		if doc[i:i+len(mark)] == mark {
			return doc[:i+len(mark)] + fmt.Sprintf(`"creationTimestamp":"2025-0%d-01T00:00:00Z",`, month+1) + doc[i+len(mark):]
		}
	}
	return doc
}
