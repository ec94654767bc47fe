package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingdefaults "k8s.io/kubernetes/pkg/apis/networking/v1"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	netutils "k8s.io/utils/net"
	npav1alpha1 "sigs.k8s.io/network-policy-api/apis/v1alpha1"
	npav1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"

	"mayreach.dev/conformance/network/cases"
)

var decoder = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, networkingv1.AddToScheme, npav1alpha1.Install, npav1alpha2.Install} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}()

// readObjects decodes manifest text and does to the objects what the apiserver does: real
// defaulting and validation for NetworkPolicy, the container port's default protocol, and an
// empty list of rules that comes back from storage as none.
func readObjects(manifests string) ([]runtime.Object, error) {
	var objects []runtime.Object
	for _, document := range cases.Documents(manifests) {
		object, _, err := decoder.Decode([]byte(document), nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%w in:\n%s", err, document)
		}
		switch o := object.(type) {
		case *networkingv1.NetworkPolicy:
			if err := asApiserver(o); err != nil {
				return nil, fmt.Errorf("%w in:\n%s", err, document)
			}
		case *corev1.Pod:
			defaultPod(o)
		}
		objects = append(objects, object)
	}
	return objects, nil
}

func asApiserver(policy *networkingv1.NetworkPolicy) error {
	networkingdefaults.SetObjectDefaults_NetworkPolicy(policy)
	var internal networking.NetworkPolicy
	if err := networkingdefaults.Convert_v1_NetworkPolicy_To_networking_NetworkPolicy(policy, &internal, nil); err != nil {
		return err
	}
	if problems := networkingvalidation.ValidateNetworkPolicy(&internal, networkingvalidation.NetworkPolicyValidationOptions{AllowCIDRsEvenIfInvalid: blocks(policy)}); len(problems) > 0 {
		return problems.ToAggregate()
	}
	if len(policy.Spec.Ingress) == 0 {
		policy.Spec.Ingress = nil
	}
	if len(policy.Spec.Egress) == 0 {
		policy.Spec.Egress = nil
	}
	return nil
}

// blocks are the policy's own ranges, as far as they can be read, for which validation is told that they were stored before:
// since 1.36 a new range must not have host bits, while stored ones go on meaning the masked range.
func blocks(policy *networkingv1.NetworkPolicy) []string {
	var all []string
	keep := func(text string) {
		if _, _, err := netutils.ParseCIDRSloppy(text); err == nil {
			all = append(all, text)
		}
	}
	add := func(peers []networkingv1.NetworkPolicyPeer) {
		for _, peer := range peers {
			if peer.IPBlock != nil {
				keep(peer.IPBlock.CIDR)
				for _, except := range peer.IPBlock.Except {
					keep(except)
				}
			}
		}
	}
	for _, rule := range policy.Spec.Ingress {
		add(rule.From)
	}
	for _, rule := range policy.Spec.Egress {
		add(rule.To)
	}
	return all
}

func defaultPod(pod *corev1.Pod) {
	for i := range pod.Spec.Containers {
		for k := range pod.Spec.Containers[i].Ports {
			port := &pod.Spec.Containers[i].Ports[k]
			if port.Protocol == "" {
				port.Protocol = corev1.ProtocolTCP
			}
		}
	}
}
