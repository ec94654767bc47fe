package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/projectcalico/calico/felix/bpf/asm"
	"github.com/projectcalico/calico/felix/bpf/maps"
	"github.com/projectcalico/calico/felix/bpf/polprog"
	"github.com/projectcalico/calico/felix/bpf/state"
	"github.com/projectcalico/calico/felix/proto"
	corev1 "k8s.io/api/core/v1"

	"mayreach.dev/conformance/network/cases"
)

// cluster answers flows with the programs that Calico builds for each pod and direction.
type cluster struct {
	plane    *dataplane
	tiers    []tier
	tierOf   map[string]string
	pods     map[string]*corev1.Pod
	policy   map[string]cases.PolicyRef
	kube     map[string]bool
	setIDs   setIDs
	sets     map[uint64]*ipSet
	programs map[programKey]*program
}

type programKey struct {
	pod     string
	ingress bool
	six     bool
}

type program struct {
	code  asm.Insns
	tiers []string
	// hits are the reasons by rule id; id 0 is the end of a tier or of the profiles.
	hits map[uint64]cases.Reason
}

// setIDs numbers the sets for the builder.
type setIDs map[string]uint64

func (s setIDs) GetNoAlloc(id string) uint64 { return s[id] }

func newCluster(all *objects) (*cluster, error) {
	plane, err := calculate(all)
	if err != nil {
		return nil, err
	}
	c := &cluster{
		plane: plane, tiers: sortTiers(all), tierOf: all.tierOf, pods: map[string]*corev1.Pod{},
		policy: map[string]cases.PolicyRef{}, kube: map[string]bool{},
		setIDs: setIDs{}, sets: map[uint64]*ipSet{}, programs: map[programKey]*program{},
	}
	for _, pod := range all.pods {
		c.pods[pod.Namespace+"/"+pod.Name] = pod
	}
	for _, p := range all.k8s {
		name := p.Namespace + "/knp.default." + p.Name
		c.policy[name] = cases.PolicyRef{Kind: "NetworkPolicy", Namespace: p.Namespace, Name: p.Name}
		c.kube[name] = true
	}
	for _, p := range all.namespaced {
		c.policy[p.Namespace+"/"+p.Name] = cases.PolicyRef{Kind: "NetworkPolicy", Namespace: p.Namespace, Name: p.Name}
	}
	for _, p := range all.global {
		c.policy[p.Name] = cases.PolicyRef{Kind: "GlobalNetworkPolicy", Name: p.Name}
	}
	for i, id := range cases.SortedKeys(plane.members) {
		set, err := newIPSet(cases.SortedKeys(plane.members[id]))
		if err != nil {
			return nil, err
		}
		c.setIDs[id] = uint64(i) + 1
		c.sets[uint64(i)+1] = set
	}
	return c, nil
}

// sortTiers orders the tiers as later releases do, for this one has the default tier only: those
// that exist by order and then name, a missing order being 1,000,000, the default tier's; then the
// tiers that policies name but nobody made, which end in Deny.
func sortTiers(all *objects) []tier {
	tiers := append([]tier(nil), all.tiers...)
	known := map[string]bool{}
	for _, t := range tiers {
		known[t.name] = true
	}
	if !known["default"] {
		tiers = append(tiers, tier{name: "default"})
		known["default"] = true
	}
	const middle = 1_000_000
	order := func(t tier) float64 {
		if t.order == nil {
			return middle
		}
		return *t.order
	}
	byOrder := func(a, b tier) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.name, b.name))
	}
	slices.SortFunc(tiers, byOrder)
	var missing []tier
	last := math.Inf(1)
	for _, policy := range cases.SortedKeys(all.tierOf) {
		if name := all.tierOf[policy]; name != "" && !known[name] {
			known[name] = true
			missing = append(missing, tier{name: name, order: &last})
		}
	}
	slices.SortFunc(missing, byOrder)
	return append(tiers, missing...)
}

// program builds, with Calico's builder, the policy program of a pod.
func (c *cluster) program(key programKey) (*program, error) {
	if p := c.programs[key]; p != nil {
		return p, nil
	}
	endpoint := c.plane.endpoints[key.pod]
	if endpoint == nil {
		return nil, fmt.Errorf("no endpoint %s", key.pod)
	}
	p := &program{hits: map[uint64]cases.Reason{}}
	rules := polprog.Rules{SuppressNormalHostPolicy: true}
	for _, t := range c.tiers {
		if built := c.tier(p, t, endpoint, key.ingress); len(built.Policies) > 0 {
			rules.Tiers = append(rules.Tiers, built)
			p.tiers = append(p.tiers, t.name)
		}
	}
	for _, id := range endpoint.ProfileIds {
		profile := c.plane.profiles[id]
		if profile == nil {
			return nil, fmt.Errorf("no profile %s", id)
		}
		list := profile.OutboundRules
		if key.ingress {
			list = profile.InboundRules
		}
		rules.Profiles = append(rules.Profiles, polprog.Policy{Name: id, Rules: p.numbered(list, func(int) cases.Reason { return cases.Reason{Code: "profile"} })})
	}
	options := []polprog.Option{polprog.WithPolicyDebugEnabled(), polprog.WithAllowDenyJumps(1, 2)}
	if key.six {
		options = append(options, polprog.WithIPv6())
	}
	builder := polprog.NewBuilder(c.setIDs, maps.FD(setMap), maps.FD(stateMap), maps.FD(jumpMap), maps.FD(jumpMap), options...)
	code, err := builder.Instructions(rules)
	if err != nil {
		return nil, err
	}
	if len(code) != 1 {
		return nil, fmt.Errorf("%d programs for %s", len(code), key.pod)
	}
	p.code = code[0]
	c.programs[key] = p
	return p, nil
}

// tier takes from the endpoint's sorted policies those of one tier.
func (c *cluster) tier(p *program, t tier, endpoint *proto.WorkloadEndpoint, ingress bool) polprog.Tier {
	built := polprog.Tier{Name: t.name, EndAction: polprog.TierEndDeny}
	if t.pass {
		built.EndAction = polprog.TierEndPass
	}
	for _, matched := range endpoint.Tiers {
		names := matched.EgressPolicies
		if ingress {
			names = matched.IngressPolicies
		}
		for _, name := range names {
			if cmp.Or(c.tierOf[name], "default") != t.name {
				continue
			}
			list := c.plane.policies[name].OutboundRules
			if ingress {
				list = c.plane.policies[name].InboundRules
			}
			ref := c.policy[name]
			built.Policies = append(built.Policies, polprog.Policy{Name: name, Rules: p.numbered(list, func(i int) cases.Reason {
				reason := cases.Reason{Code: "rule", Policy: &ref}
				if !c.kube[name] {
					reason.Rule = &i
				}
				return reason
			})})
		}
	}
	return built
}

func (p *program) numbered(list []*proto.Rule, reason func(int) cases.Reason) []polprog.Rule {
	var rules []polprog.Rule
	for i, rule := range list {
		id := uint64(len(p.hits)) + 1
		p.hits[id] = reason(i)
		rules = append(rules, polprog.Rule{Rule: rule, MatchID: id})
	}
	return rules
}

// decide runs a pod's program on a packet.
func (c *cluster) decide(key programKey, packet state.State) (*cases.Layer, error) {
	p, err := c.program(key)
	if err != nil {
		return nil, err
	}
	m := &machine{sets: c.sets, six: key.six}
	after, err := m.run(p.code, packet)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key.pod, err)
	}
	if after.PolicyRC != state.PolicyAllow && after.PolicyRC != state.PolicyDeny {
		return nil, fmt.Errorf("%s: policy result %d", key.pod, after.PolicyRC)
	}
	count := int(after.RulesHit)
	if count == 0 || count >= state.MaxRuleIDs {
		return nil, fmt.Errorf("%s: %d rules hit", key.pod, count)
	}
	last := after.RuleIDs[count-1]
	reason, isRule := p.hits[last]
	if !isRule {
		// every hit before the last passed one tier
		reason = cases.Reason{Code: "profile"}
		if count-1 < len(p.tiers) {
			reason = cases.Reason{Code: "end_of_tier", Tier: p.tiers[count-1]}
		}
	}
	return &cases.Layer{Verdict: cases.Word(after.PolicyRC == state.PolicyAllow), Reason: &reason}, nil
}

var protocols = map[string]uint8{"TCP": 6, "UDP": 17, "SCTP": 132, "ICMP": 1, "ICMPv6": 58}

// ask answers a flow; ok is false when no pair of addresses fits or pairs disagree.
func (c *cluster) ask(flow cases.Flow) (answer cases.Expect, ok bool, err error) {
	from, err := c.addresses(flow.Source)
	if err != nil {
		return answer, false, err
	}
	to, err := c.addresses(flow.Destination)
	if err != nil {
		return answer, false, err
	}
	for _, pair := range cases.SharedPairs(from, to) {
		six := strings.Contains(pair[0], ":")
		if flow.Protocol == "ICMP" && six || flow.Protocol == "ICMPv6" && !six {
			continue
		}
		one, err := c.askPair(flow, pair, six)
		if err != nil {
			return answer, false, err
		}
		if ok && !reflect.DeepEqual(one, answer) {
			return answer, false, nil
		}
		answer, ok = one, true
	}
	return answer, ok, nil
}

func (c *cluster) askPair(flow cases.Flow, pair [2]string, six bool) (cases.Expect, error) {
	number, known := protocols[flow.Protocol]
	if !known {
		return cases.Expect{}, fmt.Errorf("protocol %q", flow.Protocol)
	}
	packet := state.State{IPProto: number, DstPort: uint16(flow.Port), PreNATDstPort: uint16(flow.Port), PostNATDstPort: uint16(flow.Port)}
	if number != 1 && number != 58 {
		packet.SrcPort = 40000
	}
	if flow.ICMP != nil {
		// the state has type and code where other packets have their destination port
		packet.DstPort = uint16(flow.ICMP.Type) | uint16(flow.ICMP.Code)<<8
	}
	src, dst := words(pair[0]), words(pair[1])
	packet.SrcAddr, packet.SrcAddr1, packet.SrcAddr2, packet.SrcAddr3 = src[0], src[1], src[2], src[3]
	packet.DstAddr, packet.DstAddr1, packet.DstAddr2, packet.DstAddr3 = dst[0], dst[1], dst[2], dst[3]
	packet.PreNATDstAddr, packet.PreNATDstAddr1, packet.PreNATDstAddr2, packet.PreNATDstAddr3 = dst[0], dst[1], dst[2], dst[3]
	packet.PostNATDstAddr, packet.PostNATDstAddr1, packet.PostNATDstAddr2, packet.PostNATDstAddr3 = dst[0], dst[1], dst[2], dst[3]
	var layers cases.Layers
	var err error
	if flow.Source.Workload != "" {
		if layers.Egress, err = c.decide(programKey{flow.Source.Workload, false, six}, packet); err != nil {
			return cases.Expect{}, err
		}
	}
	if flow.Destination.Workload != "" {
		if layers.Ingress, err = c.decide(programKey{flow.Destination.Workload, true, six}, packet); err != nil {
			return cases.Expect{}, err
		}
	}
	return cases.Both(layers), nil
}

// words are an address as the state holds it: in network order, read as little-endian numbers.
func words(ip string) (all [4]uint32) {
	bytes := netip.MustParseAddr(ip).AsSlice()
	for i := 0; i*4 < len(bytes); i++ {
		all[i] = binary.LittleEndian.Uint32(bytes[i*4:])
	}
	return all
}

func (c *cluster) addresses(peer cases.Peer) ([]string, error) {
	if peer.Workload == "" {
		return []string{peer.IP}, nil
	}
	pod, known := c.pods[peer.Workload]
	if !known {
		return nil, fmt.Errorf("no pod %s", peer.Workload)
	}
	var ips []string
	for _, ip := range pod.Status.PodIPs {
		ips = append(ips, ip.IP)
	}
	return ips, nil
}
