package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config/host"
)

const patience = 15 * time.Second

// answer is what the client saw.
type answer struct {
	peer      string // the client's own address, which finds Envoy's log lines
	status    int
	grpc      string // the status of a gRPC answer, which HTTP sees as 200
	body      string
	reached   bool  // the application answered
	banner    *bool // of an application that speaks first: it came before the client sent anything
	opaque    bool  // it answered TLS bytes, which Envoy had not terminated
	handshake error // TLS failed
	broken    error // the connection ended without an answer
}

func (a *answer) grpcStatus() int {
	status, _ := strconv.Atoi(a.grpc)
	return status
}

// timedOut tells that nothing came back; on loopback that is the recorder's failure, not an answer.
func (a *answer) timedOut() bool {
	return errors.Is(a.handshake, os.ErrDeadlineExceeded) || errors.Is(a.broken, os.ErrDeadlineExceeded)
}

// sender sends flows as real clients would.
type sender struct{ pki *authority }

func newSender(pki *authority) *sender { return &sender{pki} }

// nextPort goes on from file to file: a port that was used a minute ago is still waiting.
var nextPort atomic.Uint32

// send opens a connection from the client's address to the server's and sends the flow.
func (s *sender) send(p *prepared, tr translation, f *flow) (*answer, error) {
	c := p.cluster
	if p.ways != nil {
		return s.sendThrough(p, f)
	}
	name, port := c.server(f)
	client, server := c.pods[f.Source.Workload], c.pods[name]
	if client == nil || server == nil {
		return nil, fmt.Errorf("no pod %s or %s", f.Source.Workload, name)
	}
	raw, err := s.dial(client.Status.PodIP, fmt.Sprintf("%s:%d", server.Status.PodIP, port))
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(patience))
	a := &answer{peer: raw.LocalAddr().String()}
	conn, err := s.secure(p, tr, f, raw)
	if err != nil {
		if errors.Is(err, errEchoed) {
			a.reached, a.opaque = true, true
			return a, nil
		}
		a.handshake = err
		return a, nil
	}
	s.exchange(p, f, conn, a, c.http2(server, port))
	return a, nil
}

// exchange sends the flow on an open connection.
func (s *sender) exchange(p *prepared, f *flow, conn net.Conn, a *answer, h2 bool) {
	switch {
	case f.HTTP != nil && h2:
		exchangeHTTP2(conn, f.HTTP, a)
	case f.HTTP != nil:
		exchange(conn, f.HTTP, a)
	case p.application == greets:
		listenFirst(conn, a)
	default:
		echo(conn, a, "")
	}
}

// dial binds the client's address, and a port that no other flow of this process has used.
func (s *sender) dial(from, to string) (net.Conn, error) {
	var last error
	for range 2000 {
		port := 10000 + nextPort.Add(1)%22000
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from), Port: int(port)}, Timeout: patience}
		conn, err := d.Dial("tcp", to)
		if err == nil {
			return conn, nil
		}
		last = err
		if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EADDRNOTAVAIL) {
			return nil, err
		}
	}
	return nil, last
}

// secure wraps the connection the way the source would.
func (s *sender) secure(p *prepared, tr translation, f *flow, raw net.Conn) (net.Conn, error) {
	c := p.cluster
	name, port := c.server(f)
	client, server := c.pods[f.Source.Workload], c.pods[name]
	principal := f.Source.Principal
	if principal == "" {
		principal = c.principal(client)
	}
	mtls := c.inMesh(client) || f.Source.Principal != ""
	switch {
	case f.Source.MTLS != nil:
		mtls = *f.Source.MTLS
	case tr.mode(port) == model.MTLSDisable: // auto-mTLS
		mtls = false
	}
	service, number := c.servicePort(server, port)
	if called := f.Destination.Service; called != "" {
		namespace, name, _ := strings.Cut(called, "/")
		service, number = string(hostOf(namespace, name)), int32(f.Port)
	}
	nocert := f.Source.TLSWithoutCertificate
	serverName, ownName := "plain-tls.example", ""
	if opens := p.pods[f.Source.Workload].opens; opens != nil && f.Source.MTLS == nil && f.Source.Principal == "" {
		o := opens.to(host.Name(service), int(number))
		mtls = o.kind == "mutual" && (!o.auto || mtls && c.tlsMode(server) == model.IstioMutualTLSModeLabel)
		nocert = o.kind == "tls"
		serverName, ownName = o.sni, o.sni
	}
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the server's identity is not under test
	switch {
	case nocert:
		config.NextProtos = []string{"http/1.1"}
		config.ServerName = serverName
	case mtls:
		cert, err := s.pki.client(principal)
		if err != nil {
			return nil, err
		}
		// GetClientCertificate sends it whatever issuers the server names.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
		config.NextProtos = []string{"istio-peer-exchange", "istio"}
		if f.HTTP != nil {
			config.NextProtos = []string{"istio-http/1.1", "istio", "http/1.1"}
		}
		if f.HTTP != nil && c.http2(server, port) {
			config.NextProtos = []string{"istio-h2", "istio", "h2"}
		}
		if ownName != "" {
			config.ServerName = ownName
		} else if service != "" {
			config.ServerName = fmt.Sprintf("outbound_.%d_._.%s", number, service)
		}
	default:
		return raw, nil
	}
	switch {
	case f.TLS != nil:
		config.ServerName = f.TLS.SNI
	case f.Source.TLSWithoutCertificate, config.ServerName == "" && mtls:
		// Not the name that a reader of the flow expects of auto-mTLS: the flow says it.
		f.TLS = &tlsAttributes{config.ServerName}
	}
	watched := &echoWatcher{Conn: raw}
	conn := tls.Client(watched, config)
	if err := conn.Handshake(); err != nil {
		if watched.echoed {
			return nil, errEchoed
		}
		return nil, err
	}
	return conn, nil
}

var errEchoed = errors.New("the server passed the TLS bytes on")

// echoWatcher notices that the server sent our own ClientHello back: the application behind a chain that
// does not terminate TLS.
type echoWatcher struct {
	net.Conn
	seen   int
	head   [6]byte
	echoed bool
}

func (w *echoWatcher) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	for _, b := range p[:n] {
		if w.seen < len(w.head) {
			w.head[w.seen] = b
			w.seen++
		}
	}
	const handshakeRecord, clientHello = 0x16, 0x01
	w.echoed = w.seen == len(w.head) && w.head[0] == handshakeRecord && w.head[5] == clientHello
	return n, err
}

func exchange(conn net.Conn, r *request, a *answer) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.Path, r.Host)
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	if _, err := io.WriteString(conn, b.String()); err != nil {
		a.broken = err
		return
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: r.Method})
	if err != nil {
		a.broken = err
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	a.status, a.body = resp.StatusCode, string(body)
	if a.grpc = resp.Header.Get("grpc-status"); a.grpc != "" {
		a.body = resp.Header.Get("grpc-message")
	}
	a.reached = resp.Header.Get(reachedHeader) == "yes"
}

// echo speaks and reads what comes back: itself, after anything that the application says first.
func echo(conn net.Conn, a *answer, before string) {
	const greeting = "hello\n"
	if _, err := io.WriteString(conn, greeting); err != nil {
		a.broken = err
		return
	}
	got := make([]byte, len(before+greeting))
	if _, err := io.ReadFull(conn, got); err != nil {
		a.broken = err
		return
	}
	a.reached = string(got) == before+greeting
}
