package main

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
)

// authorizer stands in for the external authorizer of CUSTOM policies; it answers what the flow says.
type authorizer struct {
	auth.UnimplementedAuthorizationServer
	answer             atomic.Value // "allow", "deny" or "error"
	asked              atomic.Int64
	httpPort, grpcPort int
}

func startAuthorizer() (*authorizer, error) {
	a := &authorizer{}
	a.answer.Store("deny")
	h, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a.httpPort, a.grpcPort = h.Addr().(*net.TCPAddr).Port, g.Addr().(*net.TCPAddr).Port
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a.asked.Add(1)
		switch a.answer.Load() {
		case "deny":
			w.WriteHeader(http.StatusForbidden)
		case "error": // Envoy counts 5xx as a failure of the authorizer, not as its answer
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go server.Serve(h)
	grpcServer := grpc.NewServer()
	auth.RegisterAuthorizationServer(grpcServer, a)
	go grpcServer.Serve(g)
	return a, nil
}

// Check answers Envoy's gRPC question.
func (a *authorizer) Check(context.Context, *auth.CheckRequest) (*auth.CheckResponse, error) {
	a.asked.Add(1)
	code := codes.PermissionDenied
	switch a.answer.Load() {
	case "allow":
		code = codes.OK
	case "error":
		return nil, grpcstatus.Error(codes.Unavailable, "out of order")
	}
	return &auth.CheckResponse{Status: &status.Status{Code: int32(code)}}, nil
}
