package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	accesslog "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	xdscluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	xdscore "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	file "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/file/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	reachedHeader  = "x-reached-application"
	authorizerHTTP = "authorizer_http"
	authorizerGRPC = "authorizer_grpc"
	greeterCluster = "greeter"
	logFile        = "access.log" // relative to Envoy's working folder
)

// logFormat is the one access log of requests and connections; a line is found again by the client's address.
func logFormat(kind string) []*accesslog.AccessLog {
	fields := map[string]any{
		"kind":        kind,
		"peer":        "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
		"status":      "%RESPONSE_CODE%",
		"details":     "%RESPONSE_CODE_DETAILS%",
		"termination": "%CONNECTION_TERMINATION_DETAILS%",
		"transport":   "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
		"flags":       "%RESPONSE_FLAGS%",
		"chain":       "%FILTER_CHAIN_NAME%",
		"path":        "%REQ(:PATH)%",
		"remote":      "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
		"san":         "%DOWNSTREAM_PEER_URI_SAN%",
		"http_rbac":   "%DYNAMIC_METADATA(envoy.filters.http.rbac)%",
		"tcp_rbac":    "%DYNAMIC_METADATA(envoy.filters.network.rbac)%",
		"common":      "%DYNAMIC_METADATA(envoy.common)%",
		// Inside a waypoint: whose tunnel it is.
		"tunnel":     "%FILTER_STATE(envoy.filters.listener.original_dst.remote_ip:PLAIN)%",
		"tunnel_san": "%FILTER_STATE(io.istio.peer_principal:PLAIN)%",
	}
	format, err := structpb.NewStruct(fields)
	if err != nil {
		panic(err) // constant
	}
	return []*accesslog.AccessLog{{
		Name: "envoy.access_loggers.file",
		ConfigType: &accesslog.AccessLog_TypedConfig{TypedConfig: pack(&file.FileAccessLog{
			Path: logFile,
			AccessLogFormat: &file.FileAccessLog_LogFormat{LogFormat: &xdscore.SubstitutionFormatString{
				Format: &xdscore.SubstitutionFormatString_JsonFormat{JsonFormat: format},
			}},
		})},
	}}
}

var (
	connectionLog = logFormat("connection")
	requestLog    = logFormat("request")
)

// logLine is what Envoy said of one request or connection.
type logLine struct {
	Kind, Peer, Details, Termination, Transport, Flags, Chain, Path, Remote, San string
	Status                                                                       int
	HTTPRBAC                                                                     map[string]any `json:"http_rbac"`
	TCPRBAC                                                                      map[string]any `json:"tcp_rbac"`
	Common                                                                       map[string]any `json:"common"`
	Tunnel                                                                       string         `json:"tunnel"`
	TunnelSan                                                                    string         `json:"tunnel_san"`
}

// proxy is one running Envoy.
type proxy struct {
	dir    string
	admin  string
	cmd    *exec.Cmd
	cancel context.CancelFunc
	ended  chan struct{}
}

// startProxy runs Envoy with these listeners and waits until it serves. maxLife bounds it in any case.
func startProxy(binary, dir string, listeners []*listener.Listener, clusters []*xdscluster.Cluster, r *recorder, maxLife time.Duration) (*proxy, error) {
	resources := &discovery.DiscoveryResponse{VersionInfo: "1", TypeUrl: "type.googleapis.com/envoy.config.listener.v3.Listener"}
	for _, l := range listeners {
		resources.Resources = append(resources.Resources, pack(l))
	}
	lds, err := protojson.Marshal(resources)
	if err != nil {
		return nil, err
	}
	adminPort, err := freePort()
	if err != nil {
		return nil, err
	}
	var more []any
	for _, c := range clusters {
		text, err := protojson.Marshal(c)
		if err != nil {
			return nil, err
		}
		more = append(more, json.RawMessage(text))
	}
	boot, err := json.Marshal(bootstrap(adminPort, filepath.Join(dir, "lds.json"), more, r))
	if err != nil {
		return nil, err
	}
	for name, data := range map[string][]byte{"lds.json": lds, "bootstrap.json": boot} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	stderr, err := os.Create(filepath.Join(dir, "envoy.log"))
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	ctx, cancel := context.WithTimeout(context.Background(), maxLife)
	cmd := exec.CommandContext(ctx, binary, "-c", "bootstrap.json", "--concurrency", "1", "--disable-hot-restart",
		"--file-flush-interval-msec", "50", "--log-level", "warning", "--drain-time-s", "0")
	cmd.Dir, cmd.Stderr = dir, stderr
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	p := &proxy{dir: dir, admin: fmt.Sprintf("http://127.0.0.1:%d", adminPort), cmd: cmd, cancel: cancel, ended: make(chan struct{})}
	go func() { cmd.Wait(); close(p.ended) }()
	if err := p.waitReady(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *proxy) waitReady() error {
	for range 600 {
		select {
		case <-p.ended:
			return fmt.Errorf("Envoy ended: %s", p.tail())
		default:
		}
		resp, err := http.Get(p.admin + "/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("Envoy did not become ready: %s", p.tail())
}

// tail is the end of what Envoy said, less its words on deprecated fields.
func (p *proxy) tail() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "envoy.log"))
	out := ""
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "Deprecated field") && len(out) < 2000 {
			out += line
		}
	}
	return out
}

// rejected lists the listeners that Envoy refused, with its words.
func (p *proxy) rejected() []string {
	var out []string
	text, _ := os.ReadFile(filepath.Join(p.dir, "envoy.log"))
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "error adding listener") || strings.Contains(line, "rejected") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func (p *proxy) stop() {
	http.Post(p.admin+"/quitquitquit", "", nil)
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
	}
	p.cancel()
}

// logs reads the access log, by client address.
func (p *proxy) logs() (map[string][]logLine, error) {
	f, err := os.Open(filepath.Join(p.dir, logFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string][]logLine{}
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<22)
	for scan.Scan() {
		var l logLine
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("access log: %w in %s", err, scan.Text())
		}
		if strings.HasPrefix(l.Peer, "envoy://") {
			l.Peer, l.San = l.Tunnel, l.TunnelSan
		}
		out[l.Peer] = append(out[l.Peer], l)
	}
	return out, scan.Err()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func bootstrap(adminPort int, ldsPath string, clusters []any, r *recorder) map[string]any {
	address := func(port int) map[string]any {
		return map[string]any{"socket_address": map[string]any{"address": "127.0.0.1", "port_value": port}}
	}
	inline := func(s string) map[string]any { return map[string]any{"inline_string": s} }
	upstream := func(name string, port int, http2 bool) map[string]any {
		c := map[string]any{
			"name": name, "type": "STATIC", "connect_timeout": "2s",
			"load_assignment": map[string]any{"cluster_name": name, "endpoints": []any{map[string]any{
				"lb_endpoints": []any{map[string]any{"endpoint": map[string]any{"address": address(port)}}},
			}}},
		}
		if http2 {
			c["typed_extension_protocol_options"] = map[string]any{
				"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map[string]any{
					"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
					"explicit_http_config": map[string]any{"http2_protocol_options": map[string]any{}},
				},
			}
		}
		return c
	}
	return map[string]any{
		"node":              map[string]any{"id": "recorder", "cluster": "recorder"},
		"admin":             map[string]any{"address": address(adminPort)},
		"dynamic_resources": map[string]any{"lds_config": map[string]any{"path_config_source": map[string]any{"path": ldsPath}}},
		"bootstrap_extensions": []any{map[string]any{ // waypoints have an internal listener
			"name":         "envoy.bootstrap.internal_listener",
			"typed_config": map[string]any{"@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener"},
		}},
		"static_resources": map[string]any{
			"clusters": append(clusters,
				upstream(authorizerHTTP, r.authz.httpPort, false), upstream(authorizerGRPC, r.authz.grpcPort, true),
				upstream(greeterCluster, r.greeter.port, false),
			),
			"secrets": []any{
				map[string]any{"name": "default", "tls_certificate": map[string]any{
					"certificate_chain": inline(r.pki.serverCert), "private_key": inline(r.pki.serverKey),
				}},
				map[string]any{"name": "ROOTCA", "validation_context": map[string]any{"trusted_ca": inline(r.pki.rootCert)}},
			},
		},
		// As istiod's own bootstrap sets them.
		"layered_runtime": map[string]any{"layers": []any{map[string]any{"name": "istio", "static_layer": map[string]any{
			"re2.max_program_size.error_level":                               32768,
			"envoy.reloadable_features.http_reject_path_with_fragment":       false,
			"envoy.reloadable_features.fixed_heap_use_allocated":             true,
			"envoy.reloadable_features.coalesce_lb_rebuilds_on_batch_update": false,
		}}}},
	}
}
