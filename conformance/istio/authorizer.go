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
)

// authorizer stands in for the external authorizer of CUSTOM policies; it answers what the flow says.
type authorizer struct {
	auth.UnimplementedAuthorizationServer
	allow              atomic.Bool
	asked              atomic.Int64
	httpPort, grpcPort int
}

func startAuthorizer() (*authorizer, error) {
	a := &authorizer{}
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
		if !a.allow.Load() {
			w.WriteHeader(http.StatusForbidden)
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
	if a.allow.Load() {
		code = codes.OK
	}
	return &auth.CheckResponse{Status: &status.Status{Code: int32(code)}}, nil
}
