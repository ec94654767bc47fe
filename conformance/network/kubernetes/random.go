package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"mayreach.dev/conformance/network/cases"
)

// A generator makes the policies of one topic's random clusters.
type generator struct {
	topic    string
	seed     uint64
	clusters int
	policies func(g *maker) []object
}

type object = map[string]any

var generators = []generator{
	{"network-policy", 1, 460, (*maker).networkPolicies},
	{"admin-network-policy", 2, 180, (*maker).adminPolicies},
	{"cluster-network-policy", 3, 220, (*maker).clusterPolicies},
}

const flowsEach = 60

func recordRandom(out string, g generator) error {
	var lines []cases.Cluster
	for i := range g.clusters {
		r := rand.New(rand.NewPCG(g.seed, uint64(i)))
		m := &maker{Rand: r, inv: cases.NewInventory(r)}
		manifests := m.inv.Manifests()
		for _, policy := range g.policies(m) {
			text, err := yaml.Marshal(policy)
			if err != nil {
				return err
			}
			manifests += "---\n" + string(text)
		}
		name := fmt.Sprintf("%s-random-%04d", g.topic, i)
		objects, err := readObjects(manifests)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c, err := newCluster(objects)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line := cases.Cluster{
			Name: name, About: fmt.Sprintf("random cluster, seed %d/%d", g.seed, i),
			Source: source, Options: map[string]any{}, Manifests: manifests,
		}
		for _, flow := range m.inv.Flows(r, m.ports, flowsEach) {
			answer, ok, err := c.ask(flow)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if ok {
				line.Cases = append(line.Cases, cases.Case{Flow: flow, Expect: answer})
			}
		}
		lines = append(lines, line)
	}
	return write(out, g.topic+"-random", lines, 0)
}

// maker makes policies and keeps the ports that they name, for the flows to hit.
type maker struct {
	*rand.Rand
	inv   *cases.Inventory
	ports []int
}

func (m *maker) chance(p float64) bool { return cases.Chance(m.Rand, p) }

func (m *maker) selector(keys map[string][]string) object {
	selector := object{}
	if m.chance(0.25) {
		return selector
	}
	names := cases.SortedKeys(keys)
	if m.chance(0.6) {
		key := cases.Pick(m.Rand, names)
		selector["matchLabels"] = object{key: cases.Pick(m.Rand, keys[key])}
	}
	if m.chance(0.45) {
		var expressions []object
		for range 1 + m.IntN(2) {
			key := cases.Pick(m.Rand, names)
			e := object{"key": key, "operator": cases.Pick(m.Rand, []string{"In", "NotIn", "Exists", "DoesNotExist", "NotIn"})}
			if op := e["operator"]; op == "In" || op == "NotIn" {
				values := []string{cases.Pick(m.Rand, keys[key])}
				if m.chance(0.3) {
					values = append(values, "other")
				}
				e["values"] = values
			}
			expressions = append(expressions, e)
		}
		selector["matchExpressions"] = expressions
	}
	return selector
}

func (m *maker) namespaceSelector() object {
	if m.chance(0.3) {
		return object{"matchLabels": object{"kubernetes.io/metadata.name": cases.Pick(m.Rand, m.inv.Namespaces).Name}}
	}
	return m.selector(cases.NamespaceKeys)
}

// prefix is a range around a known address, or far away.
func (m *maker) prefix(lengths4, lengths6 []int) netip.Prefix {
	ip := cases.Pick(m.Rand, m.inv.Outside)
	if m.chance(0.65) {
		ip = cases.Pick(m.Rand, cases.Pick(m.Rand, m.inv.Pods).IPs)
	}
	addr := netip.MustParseAddr(ip)
	lengths := lengths4
	if addr.Is6() {
		lengths = lengths6
	}
	return netip.PrefixFrom(addr, cases.Pick(m.Rand, lengths))
}

var (
	lengths4 = []int{0, 8, 16, 24, 24, 26, 28, 29, 30, 31, 32, 32}
	lengths6 = []int{0, 48, 64, 64, 112, 120, 124, 126, 127, 128}
)

func (m *maker) ipBlock() object {
	prefix := m.prefix(lengths4, lengths6)
	block := object{"cidr": prefix.Masked().String()}
	if m.chance(0.15) {
		block["cidr"] = prefix.String() // host bits are tolerated and masked
	}
	var except []string
	for range m.IntN(3) {
		for range 8 {
			hole := m.prefix(lengths4, lengths6)
			if prefix.Contains(hole.Addr()) && hole.Bits() > prefix.Bits() {
				except = append(except, hole.Masked().String())
				break
			}
		}
	}
	if len(except) > 0 {
		block["except"] = except
	}
	return block
}

func (m *maker) number() int {
	n := cases.Pick(m.Rand, []int{80, 8080, 53, 9090, 5060, 443, 1, 65535, 6379, 8443})
	m.ports = append(m.ports, n)
	return n
}

func (m *maker) peer() object {
	switch m.IntN(10) {
	case 0, 1, 2:
		return object{"podSelector": m.selector(cases.PodKeys)}
	case 3, 4:
		return object{"namespaceSelector": m.namespaceSelector()}
	case 5, 6:
		return object{"podSelector": m.selector(cases.PodKeys), "namespaceSelector": m.namespaceSelector()}
	default:
		return object{"ipBlock": m.ipBlock()}
	}
}

func (m *maker) port() object {
	port := object{}
	if m.chance(0.6) {
		port["protocol"] = cases.Pick(m.Rand, []string{"TCP", "TCP", "UDP", "SCTP"})
	}
	switch m.IntN(8) {
	case 0:
	case 1, 2:
		port["port"] = cases.Pick(m.Rand, []string{"http", "web", "metrics", "dns", "dns-tcp", "sig", "absent"})
	case 3:
		from := m.number()
		to := min(65535, from+m.IntN(200))
		m.ports = append(m.ports, to)
		port["port"], port["endPort"] = from, to
	default:
		port["port"] = m.number()
	}
	return port
}

func (m *maker) rules(peers string) []object {
	rules := []object{}
	for range m.IntN(4) {
		rule := object{}
		if n := m.IntN(4); n > 0 {
			var list []object
			for range n {
				list = append(list, m.peer())
			}
			rule[peers] = list
		}
		if m.chance(0.45) {
			var list []object
			for range 1 + m.IntN(3) {
				list = append(list, m.port())
			}
			rule["ports"] = list
		}
		rules = append(rules, rule)
	}
	return rules
}

func (m *maker) networkPolicy(i int) object {
	spec := object{}
	if m.chance(0.97) {
		spec["podSelector"] = m.selector(cases.PodKeys)
	} else {
		spec["podSelector"] = object{}
	}
	switch m.IntN(6) {
	case 0: // left to defaulting
	case 1, 2:
		spec["policyTypes"] = []string{"Ingress"}
	case 3:
		spec["policyTypes"] = []string{"Egress"}
	default:
		spec["policyTypes"] = []string{"Ingress", "Egress"}
	}
	if m.chance(0.8) {
		spec["ingress"] = m.rules("from")
	}
	if m.chance(0.6) {
		spec["egress"] = m.rules("to")
	}
	return object{
		"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
		"metadata": object{"name": fmt.Sprintf("np-%d", i), "namespace": cases.Pick(m.Rand, m.inv.Namespaces).Name},
		"spec":     spec,
	}
}

func (m *maker) networkPolicies() []object {
	var all []object
	for i := range m.IntN(7) {
		all = append(all, m.networkPolicy(i))
	}
	return all
}

// fewNetworkPolicies go between the two tiers of the cluster-wide kinds.
func (m *maker) fewNetworkPolicies() []object {
	var all []object
	for i := range m.IntN(3) {
		all = append(all, m.networkPolicy(i))
	}
	return all
}

func (m *maker) subject() object {
	if m.chance(0.5) {
		return object{"namespaces": m.namespaceSelector()}
	}
	return object{"pods": object{"namespaceSelector": m.namespaceSelector(), "podSelector": m.selector(cases.PodKeys)}}
}

func (m *maker) networks() []string {
	var all []string
	for range 1 + m.IntN(2) {
		all = append(all, m.prefix(lengths4, lengths6).Masked().String())
	}
	return slices.Compact(all) // a set: the API server refuses an item twice
}

func (m *maker) clusterPeers(egress bool) []object {
	var all []object
	for range 1 + m.IntN(3) {
		switch n := m.IntN(10); {
		case n < 3 && egress:
			all = append(all, object{"networks": m.networks()})
		case n < 6:
			all = append(all, object{"namespaces": m.namespaceSelector()})
		default:
			all = append(all, object{"pods": object{"namespaceSelector": m.namespaceSelector(), "podSelector": m.selector(cases.PodKeys)}})
		}
	}
	return all
}

// clusterRules makes the rules of one direction; ports makes the port list of the API version.
func (m *maker) clusterRules(egress bool, actions []string, portField string, ports func(named bool) []object) []object {
	var all []object
	for i := range m.IntN(4) {
		peers := m.clusterPeers(egress)
		rule := object{"name": fmt.Sprintf("rule-%d", i), "action": cases.Pick(m.Rand, actions)}
		rule["from"] = peers
		if egress {
			delete(rule, "from")
			rule["to"] = peers
		}
		if m.chance(0.4) {
			named := true
			for _, peer := range peers {
				if _, networks := peer["networks"]; networks {
					named = false // the API forbids a named port with networks
				}
			}
			rule[portField] = ports(named)
		}
		all = append(all, rule)
	}
	return all
}

func (m *maker) span() (int, int) {
	from := m.number()
	if from == 65535 {
		from = 65000
	}
	to := min(65535, from+1+m.IntN(200))
	m.ports = append(m.ports, from, to)
	return from, to
}

func (m *maker) adminPorts(named bool) []object {
	var all []object
	for range 1 + m.IntN(2) {
		protocol := cases.Pick(m.Rand, []string{"TCP", "TCP", "UDP", "SCTP"})
		switch n := m.IntN(4); {
		case n == 0 && named:
			all = append(all, object{"namedPort": cases.Pick(m.Rand, []string{"http", "web", "metrics", "dns", "sig", "absent"})})
		case n == 1:
			from, to := m.span()
			all = append(all, object{"portRange": object{"protocol": protocol, "start": from, "end": to}})
		default:
			all = append(all, object{"portNumber": object{"protocol": protocol, "port": m.number()}})
		}
	}
	return all
}

func (m *maker) protocols(named bool) []object {
	var all []object
	for range 1 + m.IntN(2) {
		if m.chance(0.25) && named {
			all = append(all, object{"destinationNamedPort": cases.Pick(m.Rand, []string{"http", "web", "metrics", "dns", "sig", "absent"})})
			continue
		}
		port := object{}
		switch m.IntN(4) {
		case 0:
		case 1:
			from, to := m.span()
			port["destinationPort"] = object{"range": object{"start": from, "end": to}}
		default:
			port["destinationPort"] = object{"number": m.number()}
		}
		// "tcp: {}" would be dropped by the API's minProperties, so every port has one here
		if len(port) == 0 {
			port["destinationPort"] = object{"range": object{"start": 1, "end": 65535}}
		}
		all = append(all, object{cases.Pick(m.Rand, []string{"tcp", "tcp", "udp", "sctp"}): port})
	}
	return all
}

func (m *maker) adminPolicies() []object {
	all := m.fewNetworkPolicies()
	priorities := m.Perm(1001)
	for i := range 1 + m.IntN(3) {
		spec := object{"priority": priorities[i], "subject": m.subject()}
		m.directions(spec, []string{"Allow", "Deny", "Pass"}, "ports", m.adminPorts)
		all = append(all, object{
			"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy",
			"metadata": object{"name": fmt.Sprintf("anp-%d", i)}, "spec": spec,
		})
	}
	if m.chance(0.7) {
		spec := object{"subject": m.subject()}
		m.directions(spec, []string{"Allow", "Deny"}, "ports", m.adminPorts)
		all = append(all, object{
			"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "BaselineAdminNetworkPolicy",
			"metadata": object{"name": "default"}, "spec": spec,
		})
	}
	return all
}

func (m *maker) clusterPolicies() []object {
	all := m.fewNetworkPolicies()
	priorities := m.Perm(1001)
	for i := range 1 + m.IntN(4) {
		tier := cases.Pick(m.Rand, []string{"Admin", "Baseline"})
		spec := object{"tier": tier, "priority": priorities[i], "subject": m.subject()}
		m.directions(spec, []string{"Accept", "Deny", "Pass"}, "protocols", m.protocols)
		all = append(all, object{
			"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
			"metadata": object{"name": fmt.Sprintf("cnp-%s-%d", strings.ToLower(tier), i)}, "spec": spec,
		})
	}
	return all
}

func (m *maker) directions(spec object, actions []string, portField string, ports func(bool) []object) {
	if rules := m.clusterRules(false, actions, portField, ports); len(rules) > 0 {
		spec["ingress"] = rules
	}
	if rules := m.clusterRules(true, actions, portField, ports); len(rules) > 0 {
		spec["egress"] = rules
	}
}
