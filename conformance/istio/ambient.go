package main

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"time"

	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/workloadapi"
	"istio.io/istio/pkg/workloadapi/security"
)

// ambientFixture is the cluster of the ambient scenarios.
//
//go:embed scenarios/ambient.yaml
var ambientFixture string

const (
	ambientTopic = "generated-ambient"
	ambientSeed  = 21
	ambientCount = 400
)

// mesh of ztunnel: what istiod tells it.
type ztunnelMesh struct {
	policies  map[string]*security.Authorization
	workloads map[string]*workloadapi.Workload // by ns/name
}

// askAmbient lets istiod's own ambient index convert and attach the policies of a cluster.
func askAmbient(manifests string) (*ztunnelMesh, error) {
	objects, err := decodeObjects(manifests)
	if err != nil {
		return nil, err
	}
	var out *ztunnelMesh
	before := features.EnableAmbient
	features.EnableAmbient = true
	defer func() { features.EnableAmbient = before }()
	err = test.Wrap(func(t test.Failer) {
		s := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{KubernetesObjects: objects})
		out = tunnelsOf(s)
	})
	if err != nil {
		return nil, fmt.Errorf("istiod: %w", err)
	}
	return out, nil
}

// tunnelsOf reads the index when it has settled: two readings in a row are the same.
func tunnelsOf(s *xds.FakeDiscoveryServer) *ztunnelMesh {
	before := ""
	for {
		out := indexOf(s)
		now := fmt.Sprint(out.policies, out.workloads)
		if now == before {
			return out
		}
		before = now
		time.Sleep(25 * time.Millisecond)
	}
}

func indexOf(s *xds.FakeDiscoveryServer) *ztunnelMesh {
	out := &ztunnelMesh{policies: map[string]*security.Authorization{}, workloads: map[string]*workloadapi.Workload{}}
	for _, p := range s.AmbientIndex.Policies(nil) {
		out.policies[p.Authorization.Namespace+"/"+p.Authorization.Name] = p.Authorization
	}
	all, _ := s.AmbientIndex.AddressInformation(nil)
	for _, a := range all {
		if w := a.Address.GetWorkload(); w != nil {
			out.workloads[w.Namespace+"/"+w.Name] = w
		}
	}
	return out
}

// recordAmbient draws policies, lets istiod convert them, and asks ztunnel's rules.
func (r *recorder) recordAmbient() error {
	g := &generator{Rand: rand.New(rand.NewPCG(ambientSeed, ambientSeed)), keys: r.keys, now: time.Now()}
	var all []*scenario
	for i := range ambientCount {
		s := g.ambientScenario()
		s.name = fmt.Sprintf("%s-%03d", ambientTopic, i)
		mesh, err := askAmbient(s.manifests)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		c, err := parseCluster(s.manifests, false)
		if err != nil {
			return err
		}
		for _, k := range s.cases {
			if err := answerAmbient(c, mesh, k); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		all = append(all, s)
	}
	return r.writeAs(ambientTopic, "istiod's ambient index; ztunnel's rules in its source's words", all)
}

func answerAmbient(c *cluster, mesh *ztunnelMesh, k *recordedCase) error {
	to := c.pods[k.Flow.Destination.Workload]
	from := c.pods[k.Flow.Source.Workload]
	workload := mesh.workloads[k.Flow.Destination.Workload]
	if to == nil || from == nil || workload == nil {
		return fmt.Errorf("no pod for %s", toJSON(k.Flow))
	}
	at := arrival{source: from.Status.PodIP, destination: to.Status.PodIP, port: k.Flow.Port}
	if c.ambient(k.Flow.Source.Workload) {
		at.namespace, at.account = from.Namespace, from.Spec.ServiceAccountName
		at.principal = c.principal(from)
	}
	peers, others := mesh.of(workload)
	k.Expect = &expectation{Verdict: "allow", Layers: map[string]*layerAnswer{
		"mtls": {Verdict: "allow"}, "authorization": {Verdict: "allow"},
	}}
	for layer, policies := range map[string][]*security.Authorization{"mtls": peers, "authorization": others} {
		if !permits(policies, at) {
			k.Expect.Verdict = "deny"
			k.Expect.Layers[layer].Verdict = "deny"
			k.Expect.ClientSees = &clientSees{Kind: "closed"}
		}
	}
	return nil
}

// ambientScenario draws AuthorizationPolicies and PeerAuthentications, and connections to every kind of port.
func (g *generator) ambientScenario() *scenario {
	text, _ := g.policies(pick(g, []string{"tcp", "tcp", "identity", "http"}), 3)
	if g.chance(30) {
		text = ""
	}
	if g.chance(10) {
		text += object("AuthorizationPolicy", "security.istio.io/v1", "foo", "empty-selector", nil,
			map[string]any{"selector": map[string]any{}, "rules": []any{map[string]any{"from": []any{map[string]any{"source": map[string]any{"namespaces": []string{"bar"}}}}}}})
	}
	for i := range g.IntN(5) {
		text += g.peerAuthentication(i)
	}
	s := &scenario{about: "Drawn policies as istiod gives them to ztunnel.", options: map[string]any{}, manifests: join(ambientFixture, text)}
	for _, source := range []string{"foo/web", "foo/admin", "bar/web", "team-a/db", "legacy/old"} {
		for _, port := range []uint32{8080, 9000, 7000, 7001} {
			if g.chance(35) {
				continue
			}
			f := &flow{Source: peer{Workload: source}, Destination: workload{Workload: "foo/api"}, Port: port, Protocol: "TCP"}
			s.cases = append(s.cases, &recordedCase{Flow: f})
		}
	}
	return s
}

func (g *generator) peerAuthentication(i int) string {
	for {
		spec := map[string]any{}
		if g.chance(85) {
			spec["mtls"] = g.mode()
		}
		namespace := pick(g, []string{"foo", "foo", "foo", "istio-system", "istio-system", "bar"})
		switch {
		case g.chance(55):
			spec["selector"] = selector{map[string]string{"app": pick(g, []string{"api", "api", "api", "other"})}}
			ports := map[string]mode{}
			for g.chance(60) && len(ports) < 4 {
				ports[pick(g, []string{"8080", "9000", "7000", "7001"})] = g.mode()
			}
			if len(ports) > 0 {
				spec["portLevelMtls"] = ports
			}
		case g.chance(8):
			spec["selector"] = map[string]any{}
		}
		doc := object("PeerAuthentication", "security.istio.io/v1", namespace, fmt.Sprintf("t%d", i), nil, spec)
		doc = withAge(doc, g.IntN(9))
		if valid(doc) {
			return doc
		}
	}
}
