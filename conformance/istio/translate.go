package main

import (
	"fmt"
	"slices"

	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pilot/pkg/security/authn"
	kubesvc "istio.io/istio/pilot/pkg/serviceregistry/kube"
	"istio.io/istio/pkg/test"
)

// translation is what istiod sends to the sidecar of one pod, or to a gateway.
type translation struct {
	inbound *listener.Listener            // a sidecar's one listener
	gateway map[uint32]*listener.Listener // a gateway's, by port
	mode    func(port uint32) model.MutualTLSMode
	opens   openings // as a client; only where the scenario asks for it
}

// of tells which listener takes the port.
func (t translation) of(port uint32) *listener.Listener {
	if t.inbound != nil {
		return t.inbound
	}
	return t.gateway[port]
}

// clientMode is the mode that a client's proxy goes by: the port's own, but plaintext for all of a namespace whose
// mode is DISABLE (PushContext.BestEffortInferServiceMTLSMode ignores "workload & port level policies").
func clientMode(push *model.PushContext, pod *corev1.Pod) func(port uint32) model.MutualTLSMode {
	if push.AuthnPolicies.GetNamespaceMutualTLSMode(pod.Namespace) == model.MTLSDisable {
		return func(uint32) model.MutualTLSMode { return model.MTLSDisable }
	}
	return authn.NewMtlsPolicy(push, push.AuthnPolicies, pod.Namespace, pod.Labels, false).GetMutualTLSModeForPort
}

// translate lets istiod translate the cluster for each of the named pods, and what those that are clients send.
func translate(c *cluster, pods, clients []string) (map[string]translation, error) {
	out := map[string]translation{}
	services, instances := registry(c)
	err := test.Wrap(func(t test.Failer) {
		gen := core.NewConfigGenTest(t, core.TestOptions{
			Configs: c.configs, MeshConfig: c.mesh, Services: services, Instances: instances,
		})
		push := gen.PushContext()
		push.GatewayAPIController = noGatewayAPI{}
		for _, name := range append(slices.Clone(pods), clients...) {
			if _, done := out[name]; done {
				continue
			}
			pod := c.pods[name]
			if pod == nil {
				t.Fatalf("no pod %s", name)
			}
			proxy := gen.SetupProxy(&model.Proxy{
				Type: proxyType(pod), ConfigNamespace: pod.Namespace, ID: pod.Name + "." + pod.Namespace,
				Labels: pod.Labels, IPAddresses: []string{pod.Status.PodIP},
				DNSDomain: pod.Namespace + ".svc.cluster.local",
				Metadata: &model.NodeMetadata{
					Namespace: pod.Namespace, Labels: pod.Labels, IstioVersion: versions["ISTIO_RELEASE"] + ".0",
					ServiceAccount: pod.Spec.ServiceAccountName, ClusterID: clusterID,
				},
			})
			tr := translation{mode: clientMode(push, pod), gateway: map[uint32]*listener.Listener{}}
			for _, l := range gen.Listeners(proxy) {
				switch {
				case l.Name == model.VirtualInboundListenerName:
					tr.inbound = l
				case proxy.Type == model.Router:
					tr.gateway[l.Address.GetSocketAddress().GetPortValue()] = l
				}
			}
			if slices.Contains(clients, name) && c.inMesh(pod) {
				opens, err := openingsOf(gen.Clusters(proxy))
				if err != nil {
					t.Fatalf("%v", err)
				}
				tr.opens = opens
			}
			out[name] = tr
		}
	})
	if err != nil {
		return nil, fmt.Errorf("istiod: %w", err)
	}
	return out, nil
}

// proxyType reads how the proxy container of a gateway is started.
func proxyType(pod *corev1.Pod) model.NodeType {
	for _, c := range pod.Spec.Containers {
		if c.Name == "istio-proxy" && slices.Contains(c.Args, "router") {
			return model.Router
		}
	}
	return model.SidecarProxy
}

const clusterID = "Kubernetes"

func registry(c *cluster) ([]*model.Service, []*model.ServiceInstance) {
	var services []*model.Service
	var instances []*model.ServiceInstance
	for _, svc := range c.services {
		converted := kubesvc.ConvertService(*svc, nil, "cluster.local", clusterID, c.mesh.TrustDomain)
		services = append(services, converted)
		for _, pod := range sortedPods(c) {
			if pod.Namespace == svc.Namespace && selects(svc, pod) {
				instances = append(instances, instancesOf(c, converted, svc, pod)...)
			}
		}
	}
	return services, instances
}

func instancesOf(c *cluster, converted *model.Service, svc *corev1.Service, pod *corev1.Pod) []*model.ServiceInstance {
	var out []*model.ServiceInstance
	for i, p := range svc.Spec.Ports {
		if p.Protocol == corev1.ProtocolUDP {
			continue
		}
		tls := c.tlsMode(pod)
		out = append(out, &model.ServiceInstance{
			Service: converted, ServicePort: converted.Ports[i],
			Endpoint: &model.IstioEndpoint{
				Labels: pod.Labels, Addresses: []string{pod.Status.PodIP}, Namespace: pod.Namespace,
				ServicePortName: p.Name, EndpointPort: uint32(targetPort(p, pod)), TLSMode: tls,
				ServiceAccount: "spiffe://" + c.principal(pod),
			},
		})
	}
	return out
}

// noGatewayAPI answers the one question istiod asks about Gateway-API pods in a cluster without that API.
type noGatewayAPI struct{ model.GatewayController }

func (noGatewayAPI) HasInferencePool(types.NamespacedName) bool { return false }
