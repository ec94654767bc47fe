package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"sigs.k8s.io/yaml"

	"mayreach.dev/conformance/network/cases"
)

type object = map[string]any

// A generator makes one topic's random clusters.
type generator struct {
	topic    string
	seed     uint64
	clusters int
	tiers    bool
}

var generators = []generator{
	{"policies", 5, 300, false},
	{"tiers", 6, 240, true},
}

const flowsEach = 60

func recordRandom(out string, g generator) error {
	var lines []cases.Cluster
	for i := range g.clusters {
		r := rand.New(rand.NewPCG(g.seed, uint64(i)))
		m := &maker{Rand: r, inv: cases.NewInventory(r), tiers: []string{""}}
		manifests := m.inv.Manifests()
		for _, o := range m.cluster(g.tiers) {
			text, err := yaml.Marshal(o)
			if err != nil {
				return err
			}
			manifests += "---\n" + string(text)
		}
		name := fmt.Sprintf("%s-random-%04d", g.topic, i)
		c, err := clusterOf(manifests)
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
				return fmt.Errorf("%s: %+v: %w", name, flow, err)
			}
			if ok {
				line.Cases = append(line.Cases, cases.Case{Flow: flow, Expect: answer})
			}
		}
		lines = append(lines, line)
	}
	return write(out, g.topic+"-random", lines, 0)
}

// maker makes sets, tiers and policies, and keeps the ports that they name.
type maker struct {
	*rand.Rand
	inv     *cases.Inventory
	ports   []int
	tiers   []string
	noOrder map[string]bool
	orders  []float64
}

func (m *maker) chance(p float64) bool { return cases.Chance(m.Rand, p) }

func (m *maker) pick(items ...string) string { return cases.Pick(m.Rand, items) }

func (m *maker) cluster(withTiers bool) []object {
	m.noOrder = map[string]bool{}
	// never 1000: there a tie with Kubernetes policies would be broken by names, and that changed
	for _, k := range m.Perm(40) {
		m.orders = append(m.orders, float64(k*97-500)+0.5)
	}
	all := m.sets()
	if withTiers {
		all = append(all, m.tierObjects()...)
	}
	for i := range 1 + m.IntN(7) {
		all = append(all, m.policy(i))
	}
	return all
}

func (m *maker) tierObjects() []object {
	var all []object
	orders := []int{10, 500, 999999, 1000001, 5000000}
	for i, name := range []string{"security", "platform", "after"}[:1+m.IntN(3)] {
		spec := object{"order": orders[(i*2+m.IntN(2))%len(orders)]}
		if action := m.pick("", "Deny", "Pass", "Pass"); action != "" {
			spec["defaultAction"] = action
		}
		m.tiers = append(m.tiers, name)
		all = append(all, object{"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": object{"name": name}, "spec": spec})
	}
	return all
}

func (m *maker) sets() []object {
	var all []object
	for i := range m.IntN(3) {
		metadata := object{"name": fmt.Sprintf("set-%d", i), "labels": cases.SomeLabels(m.Rand, cases.PodKeys, 0.6)}
		kind := "GlobalNetworkSet"
		if m.chance(0.5) {
			kind = "NetworkSet"
			metadata["namespace"] = cases.Pick(m.Rand, m.inv.Namespaces).Name
		}
		var nets []string
		for range 1 + m.IntN(3) {
			prefix := m.prefix()
			nets = append(nets, prefix.Masked().String())
			m.inv.Outside = append(m.inv.Outside, prefix.Addr().String())
		}
		all = append(all, object{"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": object{"nets": nets}})
	}
	if m.chance(0.15) {
		m.inv.Outside = append(m.inv.Outside, "192.168.7.9")
		all = append(all, object{
			"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
			"metadata": object{"name": "node-9-eth0", "labels": cases.SomeLabels(m.Rand, cases.PodKeys, 0.6)},
			"spec":     object{"node": "node-9", "interfaceName": "eth0", "expectedIPs": []string{"192.168.7.9"}},
		})
	}
	return all
}

func (m *maker) policy(i int) object {
	if m.chance(0.15) {
		return m.kubernetes(i)
	}
	tier := cases.Pick(m.Rand, m.tiers)
	kind, name := "GlobalNetworkPolicy", fmt.Sprintf("gnp-%d", i)
	metadata, spec := object{}, object{}
	if m.chance(0.45) {
		kind, name = "NetworkPolicy", fmt.Sprintf("np-%d", i)
		metadata["namespace"] = cases.Pick(m.Rand, m.inv.Namespaces).Name
	}
	if tier != "" {
		spec["tier"] = tier
		name = tier + "." + name
	} else if m.chance(0.2) {
		spec["tier"] = "default"
	}
	metadata["name"] = name
	if m.noOrder[tier] || m.chance(0.8) {
		spec["order"] = m.orders[i]
	} else {
		m.noOrder[tier] = true
	}
	global := kind == "GlobalNetworkPolicy"
	if m.chance(0.6) {
		spec["selector"] = m.selector(1, global)
	}
	if global && m.chance(0.3) {
		spec["namespaceSelector"] = m.namespaceSelector(false)
	}
	if m.chance(0.15) {
		spec["serviceAccountSelector"] = m.pick("access == 'reader'", "has(access)", "access != 'writer'")
	}
	apiVersion := "projectcalico.org/v3"
	if m.chance(0.15) {
		apiVersion = "crd.projectcalico.org/v1"
	}
	if apiVersion == "crd.projectcalico.org/v1" || m.chance(0.75) {
		spec["types"] = cases.Pick(m.Rand, [][]string{{"Ingress"}, {"Egress"}, {"Ingress", "Egress"}})
	}
	if rules := m.rules(global, "source"); len(rules) > 0 && m.chance(0.85) {
		spec["ingress"] = rules
	}
	if rules := m.rules(global, "destination"); len(rules) > 0 && m.chance(0.85) {
		spec["egress"] = rules
	}
	return object{"apiVersion": apiVersion, "kind": kind, "metadata": metadata, "spec": spec}
}

// rules are of a direction; its peer is the end that rules mostly speak of.
func (m *maker) rules(global bool, peer string) []object {
	var rules []object
	for range m.IntN(5) {
		rule := object{"action": m.pick("Allow", "Allow", "Allow", "Deny", "Deny", "Pass", "Log")}
		ports := false
		switch m.IntN(6) {
		case 0, 1, 2:
			rule["protocol"] = m.pick("TCP", "TCP", "UDP", "SCTP")
			ports = true
		case 3:
			if m.chance(0.3) {
				rule["protocol"] = cases.Pick(m.Rand, []any{6, 17, 58, "ICMP"})
			} else if m.chance(0.4) {
				rule["notProtocol"] = cases.Pick(m.Rand, []any{"TCP", "UDP", 1})
			}
		}
		six := m.inv.V6 && m.chance(0.4)
		for _, end := range []string{"source", "destination"} {
			entity := object{}
			if end == peer && m.chance(0.8) || m.chance(0.12) {
				m.entity(entity, global, six)
			}
			if end == "destination" && ports && m.chance(0.6) {
				field := "ports"
				if m.chance(0.2) {
					field = "notPorts"
				}
				entity[field] = m.portList()
			}
			if len(entity) > 0 {
				rule[end] = entity
			}
		}
		if rule["protocol"] != "ICMP" && rule["notProtocol"] == nil && m.chance(0.05) && !six {
			rule["ipVersion"] = 4
		}
		rules = append(rules, rule)
	}
	return rules
}

func (m *maker) entity(entity object, global, six bool) {
	if m.chance(0.45) {
		entity["selector"] = m.selector(1, global)
	}
	if m.chance(0.2) {
		entity["notSelector"] = m.selector(0, global)
	}
	if m.chance(0.25) {
		entity["namespaceSelector"] = m.namespaceSelector(true)
	}
	if m.chance(0.2) {
		entity["nets"] = m.nets(six)
	}
	if m.chance(0.12) {
		entity["notNets"] = m.notNets(six)
	}
	if m.chance(0.12) {
		match := object{}
		if m.chance(0.6) {
			match["names"] = []string{m.pick("default", "reader", "writer")}
		}
		if m.chance(0.5) {
			match["selector"] = m.pick("access == 'reader'", "has(access)", "access != 'writer'")
		}
		if len(match) > 0 {
			entity["serviceAccounts"] = match
		}
	}
}

func (m *maker) portList() []any {
	var list []any
	for range 1 + m.IntN(3) {
		switch m.IntN(5) {
		case 0:
			list = append(list, m.pick("http", "web", "metrics", "dns", "dns-tcp", "sig", "absent"))
		case 1:
			from := m.number()
			to := min(65535, from+m.IntN(200))
			m.ports = append(m.ports, to)
			list = append(list, fmt.Sprintf("%d:%d", from, to))
		default:
			list = append(list, m.number())
		}
	}
	return list
}

func (m *maker) number() int {
	n := cases.Pick(m.Rand, []int{80, 8080, 53, 9090, 5060, 443, 1, 65535, 6379, 8443})
	m.ports = append(m.ports, n)
	return n
}

func (m *maker) nets(six bool) []string {
	var nets []string
	for range 1 + m.IntN(2) {
		nets = append(nets, m.prefixOf(six, 0).Masked().String())
	}
	return nets
}

// notNets leaves out 0.0.0.0/0 and ::/0, which later releases reject.
func (m *maker) notNets(six bool) []string { return []string{m.prefixOf(six, 8).Masked().String()} }

func (m *maker) prefix() netip.Prefix { return m.prefixOf(m.inv.V6 && m.chance(0.4), 8) }

func (m *maker) prefixOf(six bool, shortest int) netip.Prefix {
	var addresses []string
	for _, pod := range m.inv.Pods {
		for _, ip := range pod.IPs {
			if strings.Contains(ip, ":") == six {
				addresses = append(addresses, ip, ip)
			}
		}
	}
	for _, ip := range m.inv.Outside {
		if strings.Contains(ip, ":") == six {
			addresses = append(addresses, ip)
		}
	}
	lengths := []int{0, 8, 16, 24, 24, 26, 28, 30, 31, 32, 32}
	if six {
		lengths = []int{0, 48, 64, 64, 112, 120, 126, 127, 128}
	}
	addr := netip.MustParseAddr(cases.Pick(m.Rand, addresses))
	return netip.PrefixFrom(addr, max(shortest, cases.Pick(m.Rand, lengths)))
}

// selector makes an expression over pod labels and, where inherited labels are to be seen, theirs.
func (m *maker) selector(depth int, global bool) string {
	if depth > 0 && m.chance(0.3) {
		return m.selector(depth-1, global) + m.pick(" && ", " || ") + m.selector(depth-1, global)
	}
	if depth > 0 && m.chance(0.1) {
		return "!(" + m.selector(0, global) + ")"
	}
	key := cases.Pick(m.Rand, cases.SortedKeys(cases.PodKeys))
	value := cases.Pick(m.Rand, cases.PodKeys[key])
	switch m.IntN(14) {
	case 0:
		return "all()"
	case 1:
		return "has(" + key + ")"
	case 2:
		return "!has(" + key + ")"
	case 3:
		return fmt.Sprintf("%s != '%s'", key, value)
	case 4:
		return fmt.Sprintf("%s in {'%s', 'other'}", key, value)
	case 5:
		return fmt.Sprintf("%s not in {'%s'}", key, value)
	case 6:
		return fmt.Sprintf("%s starts with '%.1s'", key, value)
	case 7:
		return fmt.Sprintf("%s contains '%.2s'", key, value)
	case 8:
		return m.pick("pcns.team == 'red'", "pcns.env != 'prod'", "has(pcns.team)", "pcsa.access == 'reader'")
	case 9:
		return fmt.Sprintf("projectcalico.org/namespace == '%s'", cases.Pick(m.Rand, m.inv.Namespaces).Name)
	case 10:
		return m.pick("projectcalico.org/orchestrator == 'k8s'", "projectcalico.org/serviceaccount == 'reader'", "has(projectcalico.org/namespace)")
	}
	return fmt.Sprintf("%s == '%s'", key, value)
}

func (m *maker) namespaceSelector(inRule bool) string {
	if inRule && m.chance(0.15) {
		return "global()"
	}
	name := cases.Pick(m.Rand, m.inv.Namespaces).Name
	return m.pick(
		"all()", "team == 'red'", "team == 'blue' || env == 'dev'", "env != 'prod'", "has(team)", "!has(team)", "env not in {'dev', 'stage'}",
		fmt.Sprintf("projectcalico.org/name == '%s'", name), fmt.Sprintf("kubernetes.io/metadata.name in {'%s'}", name),
		fmt.Sprintf("projectcalico.org/name != '%s'", name),
	)
}

// kubernetes makes a plain NetworkPolicy, which takes part at order 1000.
func (m *maker) kubernetes(i int) object {
	ns := cases.Pick(m.Rand, m.inv.Namespaces).Name
	label := func(keys map[string][]string) object {
		if m.chance(0.3) {
			return object{}
		}
		key := cases.Pick(m.Rand, cases.SortedKeys(keys))
		return object{"matchLabels": object{key: cases.Pick(m.Rand, keys[key])}}
	}
	var peers []object
	for range m.IntN(3) {
		switch m.IntN(4) {
		case 0:
			peers = append(peers, object{"podSelector": label(cases.PodKeys)})
		case 1:
			peers = append(peers, object{"namespaceSelector": label(cases.NamespaceKeys)})
		case 2:
			peers = append(peers, object{"namespaceSelector": label(cases.NamespaceKeys), "podSelector": label(cases.PodKeys)})
		default:
			peers = append(peers, object{"ipBlock": object{"cidr": m.prefixOf(m.inv.V6 && m.chance(0.3), 0).Masked().String()}})
		}
	}
	types := cases.Pick(m.Rand, [][]string{{"Ingress"}, {"Egress"}, {"Ingress", "Egress"}})
	spec := object{"podSelector": label(cases.PodKeys), "policyTypes": types}
	for _, t := range types {
		rule := object{}
		if len(peers) > 0 {
			rule[map[string]string{"Ingress": "from", "Egress": "to"}[t]] = peers
		}
		if m.chance(0.4) {
			rule["ports"] = []object{{"port": cases.Pick(m.Rand, []any{m.number(), "http", "metrics"})}}
		}
		if m.chance(0.85) {
			spec[strings.ToLower(t)] = []object{rule}
		}
	}
	return object{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": object{"name": fmt.Sprintf("knp-%d", i), "namespace": ns}, "spec": spec}
}
