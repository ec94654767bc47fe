package main

import (
	"fmt"
	"sort"
	"strings"

	xdscore "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	extauthz "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	httprbac "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	"github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/echo/v3"
	tcpextauthz "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/ext_authz/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tcprbac "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/rbac/v3"
	tcpstate "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/set_filter_state/v3"
	tcpproxy "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	rbacconfig "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
)

// adapt makes istiod's inbound listener run in a stock Envoy on loopback: it binds the pod's own address and
// ports instead of the redirected one, answers by itself instead of calling the application, takes its
// certificates from the bootstrap, and reports what each authorization engine found. What decides stays.
func adapt(in *listener.Listener, name, ip string, ports []uint32, app application) (*listener.Listener, error) {
	l := proto.Clone(in).(*listener.Listener)
	l.Name = name
	l.UseOriginalDst = nil
	l.ConnectionBalanceConfig = nil
	l.Address = socketAddress(ip, ports[0])
	l.AdditionalAddresses = nil
	for _, p := range ports[1:] {
		l.AdditionalAddresses = append(l.AdditionalAddresses, &listener.AdditionalAddress{Address: socketAddress(ip, p)})
	}
	var inspectors []*listener.ListenerFilter
	for _, f := range l.ListenerFilters {
		if f.Name == "envoy.filters.listener.tls_inspector" || f.Name == "envoy.filters.listener.http_inspector" {
			inspectors = append(inspectors, f)
		}
	}
	l.ListenerFilters = inspectors
	l.AccessLog = connectionLog
	for _, chain := range l.FilterChains {
		if err := adaptChain(chain, app); err != nil {
			return nil, fmt.Errorf("chain %s: %w", chain.Name, err)
		}
	}
	return l, nil
}

func socketAddress(ip string, port uint32) *xdscore.Address {
	return &xdscore.Address{Address: &xdscore.Address_SocketAddress{SocketAddress: &xdscore.SocketAddress{
		Address: ip, PortSpecifier: &xdscore.SocketAddress_PortValue{PortValue: port},
	}}}
}

// What the bootstrap calls its certificate and its authority, as istiod does for sidecars.
const serverSecret, rootSecret = "default", "ROOTCA"

// adaptTransport takes the certificates from the bootstrap; a Gateway's own, by credentialName, are replaced by these.
func adaptTransport(chain *listener.FilterChain) error {
	ts := chain.TransportSocket
	if ts == nil {
		return nil
	}
	ctx := &tls.DownstreamTlsContext{}
	if err := ts.GetTypedConfig().UnmarshalTo(ctx); err != nil {
		return err
	}
	for _, s := range ctx.CommonTlsContext.TlsCertificateSdsSecretConfigs {
		s.Name, s.SdsConfig = serverSecret, nil
	}
	if v := ctx.CommonTlsContext.GetCombinedValidationContext(); v != nil {
		v.ValidationContextSdsSecretConfig.Name, v.ValidationContextSdsSecretConfig.SdsConfig = rootSecret, nil
	}
	if v := ctx.CommonTlsContext.GetValidationContextSdsSecretConfig(); v != nil {
		v.Name, v.SdsConfig = rootSecret, nil
	}
	ts.ConfigType = &xdscore.TransportSocket_TypedConfig{TypedConfig: pack(ctx)}
	return nil
}

func adaptChain(chain *listener.FilterChain, app application) error {
	if err := adaptTransport(chain); err != nil {
		return err
	}
	var filters []*listener.Filter
	for _, f := range chain.Filters {
		if istioOnly(f.Name) {
			continue
		}
		var err error
		if f.ConfigType, err = adaptNetworkFilter(f, app); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		filters = append(filters, f)
	}
	chain.Filters = filters
	return nil
}

func adaptNetworkFilter(f *listener.Filter, app application) (*listener.Filter_TypedConfig, error) {
	m, err := f.GetTypedConfig().UnmarshalNew()
	if err != nil {
		return nil, err
	}
	switch c := m.(type) {
	case *hcm.HttpConnectionManager:
		err = adaptManager(c)
	case *tcprbac.RBAC:
		if c.ShadowRules == nil && c.Rules != nil {
			c.ShadowRules = c.Rules
			c.ShadowRulesStatPrefix = shadowPrefix(c.Rules.Action)
		}
	case *tcpextauthz.ExtAuthz:
		redirectGrpc(c.GrpcService)
	case *tcpstate.Config:
		plainStrings(c.OnNewConnection)
	case *tcpproxy.TcpProxy:
		if app == greets {
			c.ClusterSpecifier = &tcpproxy.TcpProxy_Cluster{Cluster: greeterCluster}
			c.AccessLog = nil
		} else {
			f.Name = "envoy.filters.network.echo"
			m = &echov3.Echo{}
		}
	}
	return &listener.Filter_TypedConfig{TypedConfig: pack(m)}, err
}

func shadowPrefix(action rbacconfig.RBAC_Action) string {
	return "recorded_" + strings.ToLower(action.String()) + "_"
}

func adaptManager(m *hcm.HttpConnectionManager) error {
	m.AccessLog = requestLog
	m.Tracing = nil
	if m.GetRds() != nil { // a gateway's routes come separately; any will do
		m.RouteSpecifier = &hcm.HttpConnectionManager_RouteConfig{RouteConfig: &route.RouteConfiguration{
			VirtualHosts: []*route.VirtualHost{{Name: "all", Domains: []string{"*"}}},
		}}
	}
	for _, host := range m.GetRouteConfig().GetVirtualHosts() {
		host.Routes = []*route.Route{{
			Match:                &route.RouteMatch{PathSpecifier: &route.RouteMatch_Prefix{Prefix: "/"}},
			Action:               &route.Route_DirectResponse{DirectResponse: &route.DirectResponseAction{Status: 200}},
			ResponseHeadersToAdd: []*xdscore.HeaderValueOption{{Header: &xdscore.HeaderValue{Key: reachedHeader, Value: "yes"}}},
		}}
	}
	var filters []*hcm.HttpFilter
	for _, f := range m.HttpFilters {
		if istioOnly(f.Name) {
			continue
		}
		any, err := f.GetTypedConfig().UnmarshalNew()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		switch c := any.(type) {
		case *httprbac.RBAC:
			if c.ShadowRules == nil && c.Rules != nil {
				c.ShadowRules = c.Rules
				c.ShadowRulesStatPrefix = shadowPrefix(c.Rules.Action)
			}
		case *extauthz.ExtAuthz:
			redirectGrpc(c.GetGrpcService())
			if h := c.GetHttpService(); h != nil {
				h.ServerUri.HttpUpstreamType = &xdscore.HttpUri_Cluster{Cluster: authorizerHTTP}
			}
		}
		f.ConfigType = &hcm.HttpFilter_TypedConfig{TypedConfig: pack(any)}
		filters = append(filters, f)
	}
	m.HttpFilters = filters
	return nil
}

func redirectGrpc(g *xdscore.GrpcService) {
	if e := g.GetEnvoyGrpc(); e != nil {
		e.ClusterName = authorizerGRPC
	}
}

func pack(m proto.Message) *anypb.Any {
	a, err := anypb.New(m)
	if err != nil {
		panic(err) // a message from the generated types always packs
	}
	return a
}

// istioOnly tells the filters that only Istio's build of Envoy has: peer metadata and stats, none of which decides.
func istioOnly(name string) bool {
	return strings.HasPrefix(name, "istio.") || strings.HasSuffix(name, "_peer_metadata")
}

func sortedPorts(set map[uint32]bool) []uint32 {
	var out []uint32
	for p := range set {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

func hasHTTPFilter(l *listener.Listener, name string) bool {
	for _, chain := range l.FilterChains {
		for _, f := range chain.Filters {
			m := &hcm.HttpConnectionManager{}
			if f.GetTypedConfig().UnmarshalTo(m) != nil {
				continue
			}
			for _, h := range m.HttpFilters {
				if h.Name == name {
					return true
				}
			}
		}
	}
	return false
}
