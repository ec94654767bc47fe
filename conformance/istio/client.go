package main

import (
	"fmt"

	xdscluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	xdscore "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config/host"
)

// How a client's proxy opens a connection.
type opening struct {
	kind string // plain, mutual (Istio's certificate), tls (none)
	auto bool   // mutual only where the endpoint can take it: auto-mTLS
	sni  string
}

// openings is what istiod tells a client's proxy about each Service's port, by the name of its cluster.
type openings map[string]opening

// openingsOf reads istiod's outbound clusters: DestinationRules, auto-mTLS and Sidecar scopes are in them.
func openingsOf(clusters []*xdscluster.Cluster) (openings, error) {
	out := openings{}
	for _, c := range clusters {
		o := opening{kind: "plain"}
		socket := c.TransportSocket
		for _, match := range c.TransportSocketMatches {
			if match.Name == "tlsMode-istio" {
				socket, o.auto = match.TransportSocket, true
			}
		}
		if socket.GetTypedConfig() != nil {
			ctx, err := clientContext(socket)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			if ctx != nil {
				o.kind, o.sni = "tls", ctx.Sni
				if len(ctx.CommonTlsContext.GetTlsCertificateSdsSecretConfigs()) > 0 {
					o.kind = "mutual"
				}
			}
		}
		out[c.Name] = o
	}
	return out, nil
}

func clientContext(socket *xdscore.TransportSocket) (*tls.UpstreamTlsContext, error) {
	ctx := &tls.UpstreamTlsContext{}
	if !socket.GetTypedConfig().MessageIs(ctx) {
		return nil, nil
	}
	return ctx, socket.GetTypedConfig().UnmarshalTo(ctx)
}

// to tells how the client opens a connection to a Service's port; what its proxy does not know passes as it comes.
func (o openings) to(service host.Name, port int) opening {
	known, ok := o[model.BuildSubsetKey(model.TrafficDirectionOutbound, "", service, port)]
	if !ok {
		return opening{kind: "plain"}
	}
	return known
}
