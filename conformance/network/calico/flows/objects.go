package main

import (
	"crypto/md5"
	"fmt"
	"strings"

	apiv3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	v3validator "github.com/projectcalico/calico/libcalico-go/lib/validator/v3"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"mayreach.dev/conformance/network/cases"
)

// tier is a Tier object. This Calico release has no such kind, so it is read here.
type tier struct {
	name  string
	order *float64
	pass  bool
}

// objects are a cluster's objects after what the apiservers do to them.
type objects struct {
	namespaces []*corev1.Namespace
	accounts   []*corev1.ServiceAccount
	pods       []*corev1.Pod
	slices     []*discoveryv1.EndpointSlice
	k8s        []*networkingv1.NetworkPolicy
	namespaced []*apiv3.NetworkPolicy
	global     []*apiv3.GlobalNetworkPolicy
	sets       []*apiv3.NetworkSet
	globalSets []*apiv3.GlobalNetworkSet
	hosts      []*apiv3.HostEndpoint
	tiers      []tier
	// tierOf is spec.tier, by the policy's model name.
	tierOf map[string]string
}

type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec struct {
		Tier          string   `json:"tier"`
		Order         *float64 `json:"order"`
		DefaultAction string   `json:"defaultAction"`
	} `json:"spec"`
}

func readObjects(manifests string) (*objects, error) {
	all := &objects{tierOf: map[string]string{}}
	for _, document := range cases.Documents(manifests) {
		if err := all.read(document); err != nil {
			return nil, fmt.Errorf("%w in:\n%s", err, document)
		}
	}
	return all, nil
}

func (all *objects) read(document string) error {
	var h header
	if err := yaml.Unmarshal([]byte(document), &h); err != nil {
		return err
	}
	group, _, _ := strings.Cut(h.APIVersion, "/")
	raw := group == "crd.projectcalico.org"
	switch h.Kind {
	case "Namespace":
		return keep(document, &all.namespaces, func(o *corev1.Namespace) error { o.UID = uid("ns/" + o.Name); return nil })
	case "ServiceAccount":
		return keep(document, &all.accounts, func(o *corev1.ServiceAccount) error { o.UID = uid("sa/" + o.Namespace + "/" + o.Name); return nil })
	case "Pod":
		return keep(document, &all.pods, nil)
	case "EndpointSlice":
		return keep(document, &all.slices, nil)
	case "Service", "Node":
		return nil // the calculation graph's rules do not look at them
	case "Tier":
		all.tiers = append(all.tiers, tier{h.Metadata.Name, h.Spec.Order, h.Spec.DefaultAction == "Pass"})
		return nil
	case "StagedNetworkPolicy", "StagedGlobalNetworkPolicy", "StagedKubernetesNetworkPolicy":
		return nil // this release does not know them; later ones do not enforce them
	case "NetworkSet":
		return keep(document, &all.sets, func(o *apiv3.NetworkSet) error { return v3validator.Validate(*o) })
	case "GlobalNetworkSet":
		return keep(document, &all.globalSets, func(o *apiv3.GlobalNetworkSet) error { return v3validator.Validate(*o) })
	case "HostEndpoint":
		return keep(document, &all.hosts, func(o *apiv3.HostEndpoint) error { return v3validator.Validate(*o) })
	case "GlobalNetworkPolicy":
		return keep(document, &all.global, func(o *apiv3.GlobalNetworkPolicy) error {
			all.tierOf[o.Name] = h.Spec.Tier
			if raw {
				return nil
			}
			o.Spec.Types = defaultTypes(o.Spec.Types, len(o.Spec.Ingress), len(o.Spec.Egress))
			plain := *o
			plain.Name = strings.ReplaceAll(o.Name, ".", "-") // names with a tier are newer than this validator
			return v3validator.Validate(plain)
		})
	case "NetworkPolicy":
		if group == "networking.k8s.io" {
			return keep(document, &all.k8s, func(o *networkingv1.NetworkPolicy) error { defaultKubernetes(o); return nil })
		}
		return keep(document, &all.namespaced, func(o *apiv3.NetworkPolicy) error {
			all.tierOf[o.Namespace+"/"+o.Name] = h.Spec.Tier
			if raw {
				return nil
			}
			o.Spec.Types = defaultTypes(o.Spec.Types, len(o.Spec.Ingress), len(o.Spec.Egress))
			plain := *o
			plain.Name = strings.ReplaceAll(o.Name, ".", "-")
			return v3validator.Validate(plain)
		})
	}
	return fmt.Errorf("kind %q", h.Kind)
}

func keep[T any](document string, list *[]*T, adjust func(*T) error) error {
	object := new(T)
	text := document
	if _, isPolicy := any(object).(*networkingv1.NetworkPolicy); !isPolicy {
		text = withoutTier(document)
	}
	if err := yaml.UnmarshalStrict([]byte(text), object); err != nil {
		return err
	}
	if adjust != nil {
		if err := adjust(object); err != nil {
			return err
		}
	}
	*list = append(*list, object)
	return nil
}

// withoutTier takes spec.tier away, which this release's types do not have.
func withoutTier(document string) string {
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(document), &tree); err != nil {
		return document
	}
	if spec, ok := tree["spec"].(map[string]any); ok {
		delete(spec, "tier")
	}
	text, err := yaml.Marshal(tree)
	if err != nil {
		return document
	}
	return string(text)
}

// uid makes the valid UUID that the conversion asks of namespaces and service accounts.
func uid(seed string) types.UID {
	sum := md5.Sum([]byte(seed))
	return types.UID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

// defaultTypes is what Calico's client and apiserver fill in.
func defaultTypes(given []apiv3.PolicyType, ingress, egress int) []apiv3.PolicyType {
	switch {
	case len(given) > 0:
		return given
	case egress == 0:
		return []apiv3.PolicyType{apiv3.PolicyTypeIngress}
	case ingress == 0:
		return []apiv3.PolicyType{apiv3.PolicyTypeEgress}
	}
	return []apiv3.PolicyType{apiv3.PolicyTypeIngress, apiv3.PolicyTypeEgress}
}

// defaultKubernetes is what the Kubernetes apiserver fills in.
func defaultKubernetes(policy *networkingv1.NetworkPolicy) {
	spec := &policy.Spec
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	tcp := corev1.ProtocolTCP
	ports := func(list []networkingv1.NetworkPolicyPort) {
		for i := range list {
			if list[i].Protocol == nil {
				list[i].Protocol = &tcp
			}
		}
	}
	for i := range spec.Ingress {
		ports(spec.Ingress[i].Ports)
	}
	for i := range spec.Egress {
		ports(spec.Egress[i].Ports)
	}
}
