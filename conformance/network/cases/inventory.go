package cases

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Inventory is a random cluster without its policies.
type Inventory struct {
	Namespaces []Namespace
	Pods       []Pod
	// Outside are addresses that belong to no pod: near the pods, and far away.
	Outside []string
	V6      bool
}

// Namespace is a namespace and its labels.
type Namespace struct {
	Name   string
	Labels map[string]string
}

// Pod is one pod.
type Pod struct {
	Namespace, Name, Node, Account string
	Labels                         map[string]string
	IPs                            []string
	Ports                          []Port
}

// Port is a container's port.
type Port struct {
	Name     string
	Number   int
	Protocol string
}

// Ref is the pod's name in a flow.
func (p Pod) Ref() string { return p.Namespace + "/" + p.Name }

// The words that the clusters are made of. Few, so that selectors meet.
var (
	NamespaceNames = []string{"alpha", "beta", "gamma", "delta", "omega"}
	NamespaceKeys  = map[string][]string{"team": {"red", "blue"}, "env": {"prod", "dev", "stage"}}
	PodKeys        = map[string][]string{"app": {"web", "api", "db"}, "role": {"front", "back"}, "track": {"stable", "canary", ""}}
	PodNames       = []string{"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay", "kite", "lynx"}
	Accounts       = []string{"default", "default", "reader", "writer"}
	KnownPorts     = []Port{
		{"http", 80, "TCP"}, {"http", 8080, "TCP"}, {"web", 8443, "TCP"}, {"metrics", 9090, "TCP"},
		{"dns", 53, "UDP"}, {"dns-tcp", 53, "TCP"}, {"sig", 5060, "SCTP"}, {"", 6379, "TCP"},
	}
	Far4 = []string{"203.0.113.7", "203.0.113.200", "198.51.100.1", "8.8.8.8", "10.96.0.10"}
	Far6 = []string{"2001:db8:ffff::7", "2001:db8::1", "fd00:96::a"}
)

// Pick returns one of the items.
func Pick[T any](r *rand.Rand, items []T) T { return items[r.IntN(len(items))] }

// Chance is true with this probability.
func Chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// SomeLabels gives each key a value, or leaves it out.
func SomeLabels(r *rand.Rand, keys map[string][]string, present float64) map[string]string {
	labels := map[string]string{}
	for _, key := range SortedKeys(keys) {
		if Chance(r, present) {
			labels[key] = Pick(r, keys[key])
		}
	}
	return labels
}

// NewInventory makes 2 to 5 namespaces and 4 to 12 pods.
func NewInventory(r *rand.Rand) *Inventory {
	inv := &Inventory{V6: Chance(r, 0.2)}
	names := append([]string(nil), NamespaceNames...)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:2+r.IntN(4)] {
		labels := SomeLabels(r, NamespaceKeys, 0.7)
		labels["kubernetes.io/metadata.name"] = name
		inv.Namespaces = append(inv.Namespaces, Namespace{Name: name, Labels: labels})
	}
	used := map[int]bool{}
	for i := range 4 + r.IntN(9) {
		host := 1 + r.IntN(30)
		for used[host] {
			host++
		}
		used[host] = true
		node := 1 + r.IntN(2)
		pod := Pod{
			Namespace: Pick(r, inv.Namespaces).Name, Name: PodNames[i], Node: fmt.Sprintf("node-%d", node),
			Account: Pick(r, Accounts), Labels: SomeLabels(r, PodKeys, 0.7),
			IPs: []string{fmt.Sprintf("10.244.%d.%d", node, host)},
		}
		if inv.V6 {
			six := fmt.Sprintf("fd00:10:244:%d::%x", node, host)
			if Chance(r, 0.5) {
				pod.IPs = []string{six}
			} else {
				pod.IPs = append(pod.IPs, six)
			}
		}
		for _, k := range r.Perm(len(KnownPorts))[:1+r.IntN(3)] {
			port := KnownPorts[k]
			if !hasPort(pod.Ports, port) {
				pod.Ports = append(pod.Ports, port)
			}
		}
		inv.Pods = append(inv.Pods, pod)
	}
	inv.Outside = append(inv.Outside, Far4...)
	inv.Outside = append(inv.Outside, fmt.Sprintf("10.244.1.%d", 100+r.IntN(100)), fmt.Sprintf("10.244.9.%d", 1+r.IntN(30)))
	if inv.V6 {
		inv.Outside = append(inv.Outside, Far6...)
		inv.Outside = append(inv.Outside, "fd00:10:244:1::ff")
	}
	return inv
}

func hasPort(ports []Port, one Port) bool {
	for _, p := range ports {
		if p.Name == one.Name || (p.Number == one.Number && p.Protocol == one.Protocol) {
			return true
		}
	}
	return false
}

// Manifests writes the namespaces, service accounts and pods, without the policies.
func (inv *Inventory) Manifests() string {
	var b strings.Builder
	accounts := map[string]bool{}
	for _, ns := range inv.Namespaces {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n%s", ns.Name, labelBlock("  ", "labels", ns.Labels))
	}
	for _, pod := range inv.Pods {
		key := pod.Namespace + "/" + pod.Account
		if !accounts[key] {
			accounts[key] = true
			labels := map[string]string{}
			if pod.Account != "default" {
				labels["access"] = pod.Account
			}
			fmt.Fprintf(&b, "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %s\n  namespace: %s\n%s", pod.Account, pod.Namespace, labelBlock("  ", "labels", labels))
		}
	}
	for _, pod := range inv.Pods {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  namespace: %s\n%s", pod.Name, pod.Namespace, labelBlock("  ", "labels", pod.Labels))
		fmt.Fprintf(&b, "spec:\n  nodeName: %s\n  serviceAccountName: %s\n  containers:\n  - name: main\n    image: example.com/main\n", pod.Node, pod.Account)
		if len(pod.Ports) > 0 {
			b.WriteString("    ports:\n")
			for _, port := range pod.Ports {
				lead := "    - "
				if port.Name != "" {
					fmt.Fprintf(&b, "    - name: %s\n", port.Name)
					lead = "      "
				}
				fmt.Fprintf(&b, "%scontainerPort: %d\n", lead, port.Number)
				if port.Protocol != "TCP" {
					fmt.Fprintf(&b, "      protocol: %s\n", port.Protocol)
				}
			}
		}
		fmt.Fprintf(&b, "status:\n  phase: Running\n  podIP: %q\n  podIPs:\n", pod.IPs[0])
		for _, ip := range pod.IPs {
			fmt.Fprintf(&b, "  - ip: %q\n", ip)
		}
	}
	return strings.TrimPrefix(b.String(), "---\n")
}

func labelBlock(indent, name string, labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s:\n", indent, name)
	for _, key := range SortedKeys(labels) {
		fmt.Fprintf(&b, "%s  %s: %q\n", indent, key, labels[key])
	}
	return b.String()
}

// Flows picks flows between all kinds of peers; ports are those that the policies name and their
// neighbours as well as the pods' own.
func (inv *Inventory) Flows(r *rand.Rand, ports []int, count int) []Flow {
	numbers := append([]int{80, 8080, 53, 9090, 5060, 6379, 8443}, ports...)
	for _, p := range ports {
		if p > 1 && p < 65535 {
			numbers = append(numbers, p-1, p+1)
		}
	}
	seen := map[Flow]bool{}
	var flows []Flow
	for tries := 0; len(flows) < count && tries < count*20; tries++ {
		from, to := Pick(r, inv.Pods), Pick(r, inv.Pods)
		flow := Flow{Source: Peer{Workload: from.Ref()}, Destination: Peer{Workload: to.Ref()}}
		fromIPs, toIPs := from.IPs, to.IPs
		switch n := r.IntN(20); {
		case n < 3:
			fromIPs = []string{Pick(r, inv.Outside)}
			flow.Source = Peer{IP: fromIPs[0]}
		case n < 6:
			toIPs = []string{Pick(r, inv.Outside)}
			flow.Destination = Peer{IP: toIPs[0]}
		}
		if flow.Source == flow.Destination || !shareFamily(fromIPs, toIPs) {
			continue
		}
		switch n := r.IntN(20); {
		case n < 13:
			flow.Protocol = "TCP"
		case n < 17:
			flow.Protocol = "UDP"
		case n < 19:
			flow.Protocol = "SCTP"
		default:
			flow.Protocol = "ICMP"
			if !shareFour(fromIPs, toIPs) {
				flow.Protocol = "ICMPv6"
			}
		}
		if !strings.HasPrefix(flow.Protocol, "ICMP") {
			flow.Port = Pick(r, numbers)
			if len(to.Ports) > 0 && flow.Destination.Workload != "" && Chance(r, 0.4) {
				port := Pick(r, to.Ports)
				flow.Port, flow.Protocol = port.Number, port.Protocol
			}
		}
		if !seen[flow] {
			seen[flow] = true
			flows = append(flows, flow)
		}
	}
	return flows
}

func isSix(ip string) bool { return strings.Contains(ip, ":") }

func shareFamily(a, b []string) bool { return len(SharedPairs(a, b)) > 0 }

func shareFour(a, b []string) bool {
	for _, pair := range SharedPairs(a, b) {
		if !isSix(pair[0]) {
			return true
		}
	}
	return false
}

// SharedPairs are the pairs of addresses of one family.
func SharedPairs(a, b []string) [][2]string {
	var pairs [][2]string
	for _, x := range a {
		for _, y := range b {
			if isSix(x) == isSix(y) {
				pairs = append(pairs, [2]string{x, y})
			}
		}
	}
	return pairs
}
