package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	xdscluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	xdscore "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	setstate "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/common/set_filter_state/v3"
	httpstate "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/set_filter_state/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	gatewayapi "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pilot/test/xds"
	kubelib "istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/workloadapi"
)

const (
	hbonePort     = 15008
	waypointClass = "istio-waypoint"
)

// waypoint is what istiod sends to the proxies of a Gateway of class istio-waypoint.
type waypoint struct {
	address            string // of its one pod
	vip                string // of its Service
	terminate, inner   *listener.Listener
	innerCluster       *xdscluster.Cluster
	namespace, gateway string
}

// waypoints is what istiod's ambient index and listener builder make of a scenario.
type waypoints struct {
	mesh *ztunnelMesh
	all  map[string]*waypoint // by the Gateway's ns/name
	// services by ns/name, ServiceEntries by ns/host.
	services map[string]*workloadapi.Service
}

// prepareWaypoints lets istiod translate the scenario for its waypoints. What its deployment controller would make
// of a Gateway (pod, Service, status) is made here: the pods' addresses are in subnet.
func prepareWaypoints(c *cluster, manifests, subnet string) (*waypoints, error) {
	out := &waypoints{all: map[string]*waypoint{}, services: map[string]*workloadapi.Service{}}
	objects, err := decodeObjects(manifests)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		gw, ok := o.(*gatewayapi.Gateway)
		if !ok || gw.Spec.GatewayClassName != waypointClass {
			continue
		}
		n := len(out.all)
		w := &waypoint{
			namespace: gw.Namespace, gateway: gw.Name,
			address: fmt.Sprintf("%s.%d", subnet, 200+2*n), vip: fmt.Sprintf("%s.%d", subnet, 201+2*n),
		}
		kind := gatewayapi.HostnameAddressType
		gw.Status.Addresses = []gatewayapi.GatewayStatusAddress{{Type: &kind, Value: w.host()}}
		out.all[gw.Namespace+"/"+gw.Name] = w
		deployed, err := decodeObjects(w.deployment())
		if err != nil {
			return nil, err
		}
		objects = append(objects, deployed...)
	}
	before := features.EnableAmbient
	features.EnableAmbient = true
	defer func() { features.EnableAmbient = before }()
	err = test.Wrap(func(t test.Failer) {
		s := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{KubernetesObjects: objects, Configs: c.configs, MeshConfig: c.mesh})
		out.mesh = tunnelsOf(s)
		all, _ := s.AmbientIndex.AddressInformation(nil)
		for _, a := range all {
			if svc := a.Address.GetService(); svc != nil {
				out.services[svc.Namespace+"/"+strings.TrimSuffix(svc.Hostname, "."+svc.Namespace+".svc.cluster.local")] = svc
			}
		}
		for _, w := range out.all {
			w.translate(t, s)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("istiod: %w", err)
	}
	return out, nil
}

func (w *waypoint) host() string { return w.gateway + "." + w.namespace + ".svc.cluster.local" }

// deployment is what istiod's deployment controller makes for the Gateway, as far as its translation reads it.
func (w *waypoint) deployment() string {
	labels := fmt.Sprintf(`{gateway.istio.io/managed: istio.io-mesh-controller, gateway.networking.k8s.io/gateway-name: %s}`, w.gateway)
	return fmt.Sprintf(`apiVersion: v1
kind: Service
metadata: {name: %[1]s, namespace: %[2]s, labels: %[3]s}
spec:
  clusterIP: %[4]s
  clusterIPs: [%[4]s]
  ports: [{name: mesh, port: 15008, appProtocol: hbone}]
  selector: {gateway.networking.k8s.io/gateway-name: %[1]s}
---
apiVersion: v1
kind: Pod
metadata: {name: %[1]s-0, namespace: %[2]s, labels: %[3]s}
spec: {serviceAccountName: %[1]s, containers: [{name: istio-proxy, args: [proxy, waypoint]}]}
status: {phase: Running, podIP: %[5]s, podIPs: [{ip: %[5]s}], conditions: [{type: Ready, status: "True"}]}
`, w.gateway, w.namespace, labels, w.vip, w.address)
}

func (w *waypoint) translate(t test.Failer, s *xds.FakeDiscoveryServer) {
	labels := map[string]string{
		"gateway.networking.k8s.io/gateway-name": w.gateway, "gateway.istio.io/managed": "istio.io-mesh-controller",
	}
	proxy := s.SetupProxy(&model.Proxy{
		Type: model.Waypoint, ConfigNamespace: w.namespace, ID: w.gateway + "-0." + w.namespace, Labels: labels,
		IPAddresses: []string{w.address}, DNSDomain: w.namespace + ".svc.cluster.local",
		Metadata: &model.NodeMetadata{
			Namespace: w.namespace, Labels: labels, IstioVersion: versions["ISTIO_RELEASE"] + ".0",
			ServiceAccount: w.gateway, ClusterID: clusterID,
		},
	})
	for _, l := range s.Listeners(proxy) {
		switch l.Name {
		case core.ConnectTerminate:
			w.terminate = l
		case core.MainInternalName:
			w.inner = l
		}
	}
	for _, c := range s.Clusters(proxy) {
		if c.Name == core.MainInternalName {
			w.innerCluster = c
		}
	}
	if w.terminate == nil || w.inner == nil || w.innerCluster == nil {
		t.Fatalf("istiod made no listeners for the waypoint %s", w.gateway)
	}
}

// run makes the waypoint's listeners run in a stock Envoy: the tunnel's end on the pod's address, the inner listener as
// Envoy's own internal one, under names that are the scenario's own.
func (w *waypoint) run(name string, app application) ([]*listener.Listener, *xdscluster.Cluster, error) {
	inner := proto.Clone(w.inner).(*listener.Listener)
	inner.Name = name
	inner.AccessLog = connectionLog
	for _, chain := range inner.FilterChains {
		if err := adaptChain(chain, app); err != nil {
			return nil, nil, fmt.Errorf("chain %s: %w", chain.Name, err)
		}
	}
	outer := proto.Clone(w.terminate).(*listener.Listener)
	outer.Name = name + " tunnel"
	outer.Address = socketAddress(w.address, hbonePort)
	outer.AdditionalAddresses, outer.ConnectionBalanceConfig, outer.AccessLog = nil, nil, nil
	for _, chain := range outer.FilterChains {
		if err := adaptTransport(chain); err != nil {
			return nil, nil, err
		}
		for _, f := range chain.Filters {
			m := &hcm.HttpConnectionManager{}
			if err := f.GetTypedConfig().UnmarshalTo(m); err != nil {
				return nil, nil, err
			}
			if err := adaptTunnel(m, name); err != nil {
				return nil, nil, err
			}
			f.ConfigType = &listener.Filter_TypedConfig{TypedConfig: pack(m)}
		}
	}
	way := proto.Clone(w.innerCluster).(*xdscluster.Cluster)
	way.Name = name
	way.LoadAssignment.ClusterName = name
	for _, group := range way.LoadAssignment.Endpoints {
		for _, e := range group.LbEndpoints {
			internal := e.GetEndpoint().GetAddress().GetEnvoyInternalAddress()
			internal.AddressNameSpecifier = &xdscore.EnvoyInternalAddress_ServerListenerName{ServerListenerName: name}
		}
	}
	return []*listener.Listener{outer, inner}, way, nil
}

// adaptTunnel leads the tunnel to the internal listener of that name; what decides on the tunnel itself stays.
func adaptTunnel(m *hcm.HttpConnectionManager, name string) error {
	m.AccessLog, m.AccessLogOptions, m.Tracing = nil, nil, nil
	for _, host := range m.GetRouteConfig().GetVirtualHosts() {
		for _, r := range host.Routes {
			r.GetRoute().ClusterSpecifier = &route.RouteAction_Cluster{Cluster: name}
		}
	}
	m.HttpFilters = slices.DeleteFunc(m.HttpFilters, func(f *hcm.HttpFilter) bool {
		return istioOnly(f.Name)
	})
	for _, f := range m.HttpFilters {
		state := &httpstate.Config{}
		if f.GetTypedConfig().UnmarshalTo(state) != nil {
			continue
		}
		plainStrings(state.OnRequestHeaders)
		f.ConfigType = &hcm.HttpFilter_TypedConfig{TypedConfig: pack(state)}
	}
	return nil
}

// plainStrings: Istio's own string object, which only its build has, differs from Envoy's in how connections are pooled.
func plainStrings(values []*setstate.FilterStateValue) {
	for _, v := range values {
		if v.FactoryKey == "istio.hashable_string" {
			v.FactoryKey = "envoy.string"
		}
	}
}

// through tells which waypoint the client's ztunnel sends the flow to, and what it calls there; nil: none.
func (w *waypoints) through(c *cluster, f *flow) (*waypoint, string, error) {
	if !c.ambient(f.Source.Workload) {
		return nil, "", nil
	}
	var to *workloadapi.GatewayAddress
	target := ""
	switch {
	case f.Destination.Service != "":
		svc := w.services[f.Destination.Service]
		if svc == nil || len(svc.Addresses) == 0 {
			return nil, "", fmt.Errorf("no service %s", f.Destination.Service)
		}
		to, target = svc.Waypoint, address(svc.Addresses[0].Address)
	default:
		pod := w.mesh.workloads[f.Destination.Workload]
		if pod == nil {
			return nil, "", fmt.Errorf("no workload %s", f.Destination.Workload)
		}
		to, target = pod.Waypoint, address(pod.Addresses[0])
	}
	if to == nil {
		return nil, "", nil
	}
	for _, one := range w.all {
		if h := to.GetHostname(); h != nil && h.Hostname == one.host() && h.Namespace == one.namespace {
			return one, net.JoinHostPort(target, fmt.Sprint(f.Port)), nil
		}
	}
	return nil, "", fmt.Errorf("istiod names an unknown waypoint: %v", to)
}

// byAddress has a ServiceEntry called by its address: nothing else of it is a name in a cluster.
func (w *waypoints) byAddress(f *flow) {
	if _, name, _ := strings.Cut(f.Destination.Service, "/"); strings.Contains(name, ".") {
		f.Destination = workload{IP: address(w.services[f.Destination.Service].Addresses[0].Address)}
	}
}

func address(raw []byte) string {
	ip, _ := netip.AddrFromSlice(raw)
	return ip.String()
}

func decodeObjects(manifests string) ([]runtime.Object, error) {
	var objects []runtime.Object
	for _, doc := range strings.Split(manifests, "\n---\n") {
		doc = strings.TrimPrefix(doc, "---\n")
		var head metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			return nil, err
		}
		if head.Kind == "ConfigMap" {
			continue // the mesh config
		}
		raw, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			return nil, err
		}
		o, _, err := kubelib.IstioCodec.UniversalDeserializer().Decode(raw, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, doc)
		}
		if ns, ok := o.(*corev1.Namespace); ok { // as the API server labels it
			if ns.Labels == nil {
				ns.Labels = map[string]string{}
			}
			ns.Labels[corev1.LabelMetadataName] = ns.Name
		}
		objects = append(objects, o)
	}
	return objects, nil
}
