package main

import (
	"context"
	"fmt"
	"net"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	npav1alpha1plugin "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha1"
	npav1alpha2plugin "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	npav1alpha1 "sigs.k8s.io/network-policy-api/apis/v1alpha1"
	npav1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	npafake "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned/fake"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"

	"mayreach.dev/conformance/network/cases"
)

// cluster is the real engine with one cluster's objects in its stores, once for each direction.
type cluster struct {
	pods            map[string]*corev1.Pod
	egress, ingress *networkpolicy.PolicyEngine
	dstPort         *packetPorts
}

func newCluster(objects []runtime.Object) (*cluster, error) {
	c := &cluster{pods: map[string]*corev1.Pod{}, dstPort: &packetPorts{}}
	var err error
	if c.egress, err = c.engine(objects, networkingv1.PolicyTypeEgress); err != nil {
		return nil, err
	}
	c.ingress, err = c.engine(objects, networkingv1.PolicyTypeIngress)
	return c, err
}

// engine fills informer stores, as the real program's watches would, and stacks the evaluators in
// the real program's order. NetworkPolicies that do not govern the direction stay out: for a pod
// that one selects in the other direction only, the engine would answer Accept and never ask the
// Baseline tier.
func (c *cluster) engine(objects []runtime.Object, direction networkingv1.PolicyType) (*networkpolicy.PolicyEngine, error) {
	core := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	npa := npainformers.NewSharedInformerFactory(npafake.NewSimpleClientset(), 0)
	namespaces, pods, nodes := core.Core().V1().Namespaces(), core.Core().V1().Pods(), core.Core().V1().Nodes()
	policies := core.Networking().V1().NetworkPolicies()
	anp, banp := npa.Policy().V1alpha1().AdminNetworkPolicies(), npa.Policy().V1alpha1().BaselineAdminNetworkPolicies()
	cnp := npa.Policy().V1alpha2().ClusterNetworkPolicies()
	for _, object := range objects {
		var store cache.Store
		switch o := object.(type) {
		case *corev1.Namespace:
			store = namespaces.Informer().GetStore()
		case *corev1.Node:
			store = nodes.Informer().GetStore()
		case *corev1.Pod:
			c.pods[o.Namespace+"/"+o.Name] = o
			if o.Status.Phase == corev1.PodSucceeded || o.Status.Phase == corev1.PodFailed {
				continue // its address is free again
			}
			store = pods.Informer().GetStore()
		case *networkingv1.NetworkPolicy:
			if !slices.Contains(o.Spec.PolicyTypes, direction) {
				continue
			}
			store = policies.Informer().GetStore()
		case *npav1alpha1.AdminNetworkPolicy:
			store = anp.Informer().GetStore()
		case *npav1alpha1.BaselineAdminNetworkPolicy:
			store = banp.Informer().GetStore()
		case *npav1alpha2.ClusterNetworkPolicy:
			store = cnp.Informer().GetStore()
		case *corev1.ServiceAccount:
			continue
		default:
			return nil, fmt.Errorf("no store for %T", object)
		}
		if err := store.Add(object); err != nil {
			return nil, err
		}
	}
	c.dstPort.real = podinfo.NewInformerProvider(pods, namespaces, nodes, nil)
	one := func(e api.PolicyEvaluator) api.PolicyEvaluator { return oneWay{e, direction} }
	return networkpolicy.NewPolicyEngine(c.dstPort, []api.PolicyEvaluator{
		one(npav1alpha2plugin.NewClusterNetworkPolicy(npav1alpha2.AdminTier, cnp, nil, nodes.Lister())),
		one(npav1alpha1plugin.NewAdminNetworkPolicy(anp, nil)),
		one(networkpolicy.NewStandardNetworkPolicy("", namespaces, pods, policies)),
		one(npav1alpha1plugin.NewBaselineAdminNetworkPolicy(banp)),
		one(npav1alpha2plugin.NewClusterNetworkPolicy(npav1alpha2.BaselineTier, cnp, nil, nodes.Lister())),
	}), nil
}

// oneWay asks an evaluator for one direction only, so that each layer gets its own answer.
type oneWay struct {
	api.PolicyEvaluator
	direction networkingv1.PolicyType
}

func (e oneWay) EvaluateIngress(ctx context.Context, p *network.Packet, src, dst *api.PodInfo) (api.Verdict, error) {
	if e.direction != networkingv1.PolicyTypeIngress {
		return api.VerdictNext, nil
	}
	return e.PolicyEvaluator.EvaluateIngress(ctx, p, src, dst)
}

func (e oneWay) EvaluateEgress(ctx context.Context, p *network.Packet, src, dst *api.PodInfo) (api.Verdict, error) {
	if e.direction != networkingv1.PolicyTypeEgress {
		return api.VerdictNext, nil
	}
	return e.PolicyEvaluator.EvaluateEgress(ctx, p, src, dst)
}

// packetPorts is the real pod provider, showing of a pod's ports only those that the packet is
// for. NetworkPolicy and ClusterNetworkPolicy compare the number and protocol themselves, so
// nothing changes for them; AdminNetworkPolicy's namedPort looks at the name alone and would
// match every packet to a pod that has a port of that name.
type packetPorts struct {
	real   api.PodInfoProvider
	packet *network.Packet
}

func (p *packetPorts) GetPodInfoByIP(ip string) (*api.PodInfo, bool) {
	info, known := p.real.GetPodInfoByIP(ip)
	if !known {
		return nil, false
	}
	info.ContainerPorts = slices.DeleteFunc(info.ContainerPorts, func(port *api.ContainerPort) bool {
		return int(port.Port) != p.packet.DstPort || corev1.Protocol(port.Protocol) != p.packet.Proto
	})
	return info, true
}

// ask answers a flow. ok is false when the pods' addresses of different families disagree, or no
// family is shared: such a flow is two questions.
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
		if (flow.Protocol == "ICMP") != isFour(pair[0]) && len(flow.Protocol) >= 4 && flow.Protocol[:4] == "ICMP" {
			continue
		}
		one, err := c.askPair(flow, pair)
		if err != nil {
			return answer, false, err
		}
		if ok && !sameAnswer(one, answer) {
			return answer, false, nil
		}
		answer, ok = one, true
	}
	return answer, ok, nil
}

func isFour(ip string) bool { return net.ParseIP(ip).To4() != nil }

func sameAnswer(a, b cases.Expect) bool {
	same := func(x, y *cases.Layer) bool { return (x == nil) == (y == nil) && (x == nil || *x == *y) }
	return same(a.Layers.Egress, b.Layers.Egress) && same(a.Layers.Ingress, b.Layers.Ingress)
}

func (c *cluster) askPair(flow cases.Flow, pair [2]string) (cases.Expect, error) {
	packet := &network.Packet{SrcIP: net.ParseIP(pair[0]), DstIP: net.ParseIP(pair[1]), SrcPort: 40000, DstPort: flow.Port, Family: corev1.IPv4Protocol}
	if !isFour(pair[0]) {
		packet.Family = corev1.IPv6Protocol
	}
	switch flow.Protocol {
	case "TCP", "UDP", "SCTP":
		packet.Proto = corev1.Protocol(flow.Protocol)
	default:
		packet.SrcPort, packet.DstPort = 0, 0 // as the packet parser leaves other protocols
	}
	c.dstPort.packet = packet
	var layers cases.Layers
	if flow.Source.Workload != "" {
		allowed, err := c.egress.EvaluatePacket(context.Background(), packet)
		if err != nil {
			return cases.Expect{}, err
		}
		layers.Egress = &cases.Layer{Verdict: cases.Word(allowed)}
	}
	if flow.Destination.Workload != "" {
		allowed, err := c.ingress.EvaluatePacket(context.Background(), packet)
		if err != nil {
			return cases.Expect{}, err
		}
		layers.Ingress = &cases.Layer{Verdict: cases.Word(allowed)}
	}
	return cases.Both(layers), nil
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
