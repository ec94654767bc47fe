package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"mayreach.dev/conformance/network/cases"
)

const icmpBase = `apiVersion: v1
kind: Namespace
metadata: {name: alpha}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: alpha, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, image: i}]}
status: {podIP: 10.244.1.1, podIPs: [{ip: 10.244.1.1}, {ip: "fd00::1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: alpha, labels: {app: api}}
spec: {nodeName: n1, containers: [{name: c, image: i}]}
status: {podIP: 10.244.1.2, podIPs: [{ip: 10.244.1.2}, {ip: "fd00::2"}]}
`

// recordICMP records random rules about types and codes: every flow of a few types and codes.
func recordICMP(out string) error {
	var lines []cases.Cluster
	for seed := range uint64(80) {
		random := rand.New(rand.NewPCG(seed, 0x1c3b))
		types, codes := []int{0, 3, 8, 11, 254}, []int{0, 1, 3, 255}
		match := func() string {
			text := fmt.Sprintf("{type: %d", cases.Pick(random, types))
			if cases.Chance(random, 0.5) {
				text += fmt.Sprintf(", code: %d", cases.Pick(random, codes))
			}
			return text + "}"
		}
		var rules []string
		for range 1 + random.IntN(4) {
			rule := fmt.Sprintf("{action: %s, protocol: ICMP", cases.Pick(random, []string{"Allow", "Deny", "Pass", "Log"}))
			if cases.Chance(random, 0.7) {
				rule += ", icmp: " + match()
			}
			if cases.Chance(random, 0.4) {
				rule += ", notICMP: " + match()
			}
			rules = append(rules, rule+"}")
		}
		manifests := icmpBase + `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: p}
spec: {selector: app == 'api', order: 1, types: [Ingress], ingress: [` + strings.Join(rules, ", ") + "]}\n"
		line := cases.Cluster{
			Name: fmt.Sprintf("icmp-%d", seed), About: "random rules about ICMP types and codes",
			Source: source, Options: map[string]any{}, Manifests: manifests,
		}
		c, err := clusterOf(manifests)
		if err != nil {
			return fmt.Errorf("%s: %w", line.Name, err)
		}
		for _, kind := range types {
			for _, code := range codes {
				flow := cases.Flow{
					Source: cases.Peer{Workload: "alpha/web"}, Destination: cases.Peer{Workload: "alpha/api"},
					Protocol: "ICMP", ICMP: &cases.ICMP{Type: kind, Code: code},
				}
				answer, ok, err := c.ask(flow)
				if err != nil || !ok {
					return fmt.Errorf("%s: %v: %w", line.Name, flow, err)
				}
				line.Cases = append(line.Cases, cases.Case{Flow: flow, Expect: answer})
			}
		}
		lines = append(lines, line)
	}
	return write(out, "icmp-random", lines, 0)
}
