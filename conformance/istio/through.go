package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	xdscluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	"golang.org/x/net/http2"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config/host"
)

// prepareThrough translates a scenario in ambient. Flows that no waypoint takes are answered at once, by ztunnel's rules.
func prepareThrough(s *scenario, index int) (*prepared, []*listener.Listener, []*xdscluster.Cluster, error) {
	c, err := parseCluster(s.manifests, s.options["webhook"] == "bypassed")
	if err != nil {
		return nil, nil, nil, err
	}
	if len(c.rejected) > 0 {
		return nil, nil, nil, fmt.Errorf("the webhook refuses %s", c.rejected)
	}
	p := &prepared{scenario: s, cluster: c, jwt: map[string]bool{}}
	if p.ways, err = prepareWaypoints(c, s.manifests, fmt.Sprintf("127.4.%d", index)); err != nil {
		return nil, nil, nil, err
	}
	var listeners []*listener.Listener
	var clusters []*xdscluster.Cluster
	for name, w := range p.ways.all {
		ls, way, err := w.run(fmt.Sprintf("%d/%s", index, name), s.application)
		if err != nil {
			return nil, nil, nil, err
		}
		listeners, clusters = append(listeners, ls...), append(clusters, way)
	}
	for _, k := range s.cases {
		if err := p.ways.answer(c, k); err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", toJSON(k.Flow), err)
		}
		if w, _, err := p.ways.through(c, k.Flow); err == nil && w != nil {
			to := k.Flow.Destination
			p.jwt[to.Workload+to.Service] = w.verifies(k.Flow)
		}
	}
	return p, listeners, clusters, nil
}

// verifies tells whether the chain of what is called has a JWT filter.
func (w *waypoint) verifies(f *flow) bool {
	name := "direct-http"
	if called := f.Destination.Service; called != "" {
		namespace, service, _ := strings.Cut(called, "/")
		host := hostOf(namespace, service)
		name = model.BuildSubsetKey(model.TrafficDirectionInboundVIP, "http", host, int(f.Port))
	}
	for _, chain := range w.inner.FilterChains {
		if chain.Name == name {
			return hasHTTPFilter(&listener.Listener{FilterChains: []*listener.FilterChain{chain}}, "envoy.filters.http.jwt_authn")
		}
	}
	return false
}

// hostOf is the host of a Service; a ServiceEntry's is a name with dots already.
func hostOf(namespace, service string) host.Name {
	if strings.Contains(service, ".") {
		return host.Name(service)
	}
	return host.Name(service + "." + namespace + ".svc.cluster.local")
}

// answer fills in which waypoint takes the flow, and the whole answer where none does.
func (w *waypoints) answer(c *cluster, k *recordedCase) error {
	way, _, err := w.through(c, k.Flow)
	if err != nil {
		return err
	}
	if way != nil {
		k.Expect = &expectation{Waypoint: way.namespace + "/" + way.gateway}
		return nil
	}
	direct := *k.Flow
	if called := k.Flow.Destination.Service; called != "" {
		pod, port := c.backend(called, k.Flow.Port)
		direct.Destination, direct.Port = workload{Workload: pod}, port
	}
	asked := &recordedCase{Flow: &direct}
	if err := answerAmbient(c, w.mesh, asked); err != nil {
		return err
	}
	k.Expect = asked.Expect
	k.Expect.Waypoint = "none"
	return nil
}

// sendThrough opens the tunnel that the client's ztunnel would, and sends the flow in it.
func (s *sender) sendThrough(p *prepared, f *flow) (*answer, error) {
	c := p.cluster
	way, target, err := p.ways.through(c, f)
	if err != nil {
		return nil, err
	}
	client := c.pods[f.Source.Workload]
	raw, err := s.dial(client.Status.PodIP, fmt.Sprintf("%s:%d", way.address, hbonePort))
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(patience))
	a := &answer{peer: raw.LocalAddr().String()}
	principal := f.Source.Principal
	if principal == "" {
		principal = c.principal(client)
	}
	cert, err := s.pki.client(principal)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(raw, &tls.Config{
		InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}, //nolint:gosec // the server's identity is not under test
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil },
	})
	if err := secure.Handshake(); err != nil {
		a.handshake = err
		return a, nil
	}
	inner, err := tunnel(secure, target)
	if err != nil {
		a.handshake = err // TLS 1.3: a refused certificate shows in the first read
		return a, nil
	}
	defer inner.Close()
	inner.SetDeadline(time.Now().Add(patience))
	s.exchange(p, f, inner, a, c.calledHTTP2(f))
	return a, nil
}

// tunnel is a connection inside an HTTP/2 CONNECT.
func tunnel(conn net.Conn, target string) (net.Conn, error) {
	h2, err := (&http2.Transport{}).NewClientConn(conn)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	body, feed := io.Pipe()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	req := (&http.Request{
		Method: http.MethodConnect, URL: &url.URL{Scheme: "https", Host: target}, Host: target,
		Header: http.Header{}, Body: body,
	}).WithContext(ctx)
	resp, err := h2.RoundTrip(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		cancel()
		return nil, fmt.Errorf("the tunnel is refused: %s", resp.Status)
	}
	go func() { io.Copy(feed, far); feed.Close() }()
	go func() { io.Copy(far, resp.Body); far.Close(); cancel() }()
	return near, nil
}
