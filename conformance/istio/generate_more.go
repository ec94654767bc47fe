package main

import (
	"fmt"
	"strings"
)

// Providers of the drawn CUSTOM policies: HTTP, gRPC, one that istiod refuses, one that is not there.
const drawnProviders = `extensionProviders:
- name: ext
  envoyExtAuthzHttp: {service: ext.foo.svc.cluster.local, port: 8000}
- name: rpc
  envoyExtAuthzGrpc: {service: ext.foo.svc.cluster.local, port: 9000}
- name: bad
  envoyExtAuthzHttp: {service: ext.foo.svc.cluster.local, port: 99999}`

const drawnProviderService = `---
apiVersion: v1
kind: Service
metadata: {name: ext, namespace: foo}
spec: {ports: [{name: http, port: 8000}, {name: grpc, port: 9000}]}
`

// customScenario mixes CUSTOM, DENY and ALLOW on HTTP, TCP and undeclared ports.
func (g *generator) customScenario(int) *scenario {
	focus := pick(g, []string{"http", "http", "paths", "tcp"})
	text, specs := "", []*authzSpec{}
	names := []string{pick(g, []string{"ext", "ext", "rpc", "rpc", "bad", "missing"})}
	if g.chance(25) {
		names = append(names, pick(g, []string{"ext", "rpc", "missing"}))
	}
	for i := range 1 + g.IntN(3) {
		for {
			spec := &authzSpec{Action: "CUSTOM"}
			for range 1 + g.IntN(2) {
				spec.Rules = append(spec.Rules, g.rule(focus))
			}
			if g.chance(50) {
				spec.Selector = &selector{map[string]string{"app": pick(g, []string{"api", "api", "other"})}}
			}
			doc := object("AuthorizationPolicy", "security.istio.io/v1", "foo", fmt.Sprintf("c%d", i), nil, struct {
				*authzSpec
				Provider map[string]string `json:"provider"`
			}{spec, map[string]string{"name": pick(g, names)}})
			if valid(doc) {
				text += doc
				specs = append(specs, spec)
				break
			}
		}
	}
	if g.chance(60) {
		more, others := g.policies(focus, 2)
		text += more
		specs = append(specs, others...)
	}
	s := &scenario{
		about: "Drawn CUSTOM policies beside others, and what the authorizer says.", options: map[string]any{},
		manifests: join(generatedFixture, meshOf(drawnProviders), drawnProviderService+text),
		cases:     g.flows(focus, specs, "cluster.local", 12),
	}
	for _, c := range s.cases {
		c.Flow.ExtAuthz = map[string]string{"provider": pick(g, []string{"allow", "deny"})}
	}
	return s
}

const drawnGateway = `apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: v1
kind: Namespace
metadata: {name: outside}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: outside}
spec: {containers: [{name: main, image: app}]}
status: {podIP: 127.0.1.11}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: outside}
spec: {containers: [{name: main, image: app}]}
status: {podIP: 127.0.1.12}
---
apiVersion: v1
kind: Pod
metadata: {name: ingress, namespace: istio-system, labels: {istio: ingressgateway}}
spec: {serviceAccountName: ingress, containers: [{name: istio-proxy, image: proxyv2, args: [proxy, router]}]}
status: {podIP: 127.0.2.10}
---
apiVersion: v1
kind: Service
metadata: {name: ingress, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, ports: [{name: PORT, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: web, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: all, namespace: istio-system}
spec: {hosts: ["*"], gateways: [gw], http: [{directResponse: {status: 200}}]}
`

var (
	hops      = []string{"127.0.1.11", "127.0.1.15", "10.1.2.3", "192.0.2.9", "::1", "2001:db8::7", "1.2.3.4:80", "unknown", "", " 127.0.1.16"}
	forwarded = []string{"x-forwarded-for", "X-Forwarded-For", "x-forwarded-proto", "x-forwarded-host", "x-envoy-external-address", "x-user", "user-agent", "cookie", "accept", "forwarded"}
)

// gatewayScenario crosses trusted hops with X-Forwarded-For, repeated lines, and ports that are not called HTTP.
func (g *generator) gatewayScenario(int) *scenario {
	trusted := g.IntN(4)
	mesh := ""
	if trusted > 0 || g.chance(50) {
		mesh = fmt.Sprintf("defaultConfig: {gatewayTopology: {numTrustedProxies: %d}}", trusted)
	}
	fixture := strings.ReplaceAll(drawnGateway, "PORT", pick(g, []string{"http", "http2", "https", "tls", "tcp", "status-port"}))
	text := ""
	for i := range 1 + g.IntN(2) {
		for {
			spec := &authzSpec{Action: pick(g, []string{"ALLOW", "DENY", "DENY"})}
			for range 1 + g.IntN(2) {
				spec.Rules = append(spec.Rules, g.gatewayRule())
			}
			if g.chance(60) {
				spec.Selector = &selector{map[string]string{"istio": "ingressgateway"}}
			}
			doc := object("AuthorizationPolicy", "security.istio.io/v1", "istio-system", fmt.Sprintf("p%d", i), nil, spec)
			if valid(doc) {
				text += doc
				break
			}
		}
	}
	s := &scenario{
		about: "Drawn trusted hops, forwarded addresses and repeated headers at a gateway.", options: map[string]any{},
		manifests: join(fixture, meshOf(mesh, g.normalization()), text),
	}
	for range 14 {
		r := &request{Method: "GET", Path: g.path(), Host: pick(g, hostNames), Headers: [][2]string{}}
		for range g.IntN(3) {
			list := some(g, 3, func() string { return pick(g, hops) })
			r.Headers = append(r.Headers, [2]string{forwarded[g.IntN(2)], strings.Join(list, ",")})
		}
		for range g.IntN(3) {
			r.Headers = append(r.Headers, [2]string{pick(g, forwarded[2:]), pick(g, []string{"alice", "https", "http", "a,b", "127.0.1.11"})})
		}
		source := peer{Workload: pick(g, []string{"outside/a", "outside/b"})}
		s.cases = append(s.cases, &recordedCase{Flow: &flow{Source: source, Destination: workload{Workload: "istio-system/ingress"}, Port: 8080, Protocol: "TCP", HTTP: r}})
	}
	return s
}

func (g *generator) gatewayRule() *authRule {
	r := &authRule{}
	block := func() string {
		return pick(g, []string{"127.0.1.11", "127.0.1.12", "127.0.1.0/24", "10.0.0.0/8", "192.0.2.0/24", "::1", "2001:db8::/32", "127.0.1.16"})
	}
	if g.chance(70) {
		f := fields{}
		g.drawField(f, pick(g, []string{"remoteIpBlocks", "remoteIpBlocks", "ipBlocks"}), "notRemoteIpBlocks", block)
		r.From = []fromEntry{{f}}
	}
	if g.chance(30) {
		f := fields{}
		g.drawField(f, "paths", "notPaths", g.pathForm)
		r.To = []toEntry{{f}}
	}
	if len(r.From) == 0 || g.chance(40) {
		name := pick(g, forwarded)
		c := condition{Key: "request.headers[" + name + "]"}
		draw := func() string {
			return g.wild(pick(g, []string{"alice", "https", "http", "a,b", "alice,alice", "127.0.1.11", "10.1.2.3,127.0.1.11"}))
		}
		if g.chance(60) {
			c.Values = some(g, 2, draw)
		} else {
			c.NotValues = some(g, 2, draw)
		}
		r.When = append(r.When, c)
	}
	return r
}
