// Times kube-network-policies' engine, which asks both directions of a packet, on the questions of the network layers. Its
// stores are filled as watches of a cluster would fill them.
package main

import (
	"context"
	"net"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"

	"mayreach.dev/benches/asked"
)

func main() {
	asked.Module("kube-network-policies", "sigs.k8s.io/kube-network-policies")
	set := asked.Read("network")
	engine := newEngine(strings.Join(set.Manifests, "\n"))
	packets := map[*asked.Ask]*network.Packet{}
	for i := range set.Asks {
		ask := &set.Asks[i]
		packets[ask] = &network.Packet{
			SrcIP: net.ParseIP(ask.SourceIP), DstIP: net.ParseIP(ask.DestinationIP),
			SrcPort: 40000, DstPort: ask.Port, Family: corev1.IPv4Protocol, Proto: corev1.ProtocolTCP,
		}
	}
	ctx := context.Background()
	asked.Time("kube-network-policies/network", set.Asks, func(ask *asked.Ask) bool {
		allowed, err := engine.EvaluatePacket(ctx, packets[ask])
		asked.Must(err)
		return allowed
	})
}

func newEngine(manifests string) *networkpolicy.PolicyEngine {
	factory := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	namespaces, pods, nodes := factory.Core().V1().Namespaces(), factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	policies := factory.Networking().V1().NetworkPolicies()
	// Without it every address is looked for among all pods.
	byIP, err := podinfo.NewInformerResolver(pods.Informer())
	asked.Must(err)
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
		asked.Must(err)
		switch object := object.(type) {
		case *corev1.Namespace:
			// As the API server labels it.
			object.Labels["kubernetes.io/metadata.name"] = object.Name
			err = namespaces.Informer().GetStore().Add(object)
		case *corev1.Pod:
			object.Status.PodIPs = []corev1.PodIP{{IP: object.Status.PodIP}}
			err = pods.Informer().GetStore().Add(object)
		case *networkingv1.NetworkPolicy:
			err = policies.Informer().GetStore().Add(object)
		}
		asked.Must(err)
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nodes, []podinfo.IPResolver{byIP})
	evaluator := networkpolicy.NewStandardNetworkPolicy("", namespaces, pods, policies)
	return networkpolicy.NewPolicyEngine(provider, []api.PolicyEvaluator{evaluator})
}
