// Times Calico's application layer policy checker (dikastes), which stands beside each proxy and holds the policies of
// its one workload, on the questions of the mesh.
package main

import (
	"context"
	"fmt"
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authz "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/projectcalico/calico/app-policy/checker"
	"github.com/projectcalico/calico/app-policy/policystore"
	"github.com/projectcalico/calico/app-policy/proto"
	log "github.com/sirupsen/logrus"
	"google.golang.org/genproto/googleapis/rpc/code"

	"mayreach.dev/benches/asked"
)

type server interface {
	Check(context.Context, *authz.CheckRequest) (*authz.CheckResponse, error)
}

func main() {
	log.SetLevel(log.ErrorLevel)
	asked.Module("calico", "github.com/projectcalico/calico")
	row("mesh")
	row("hot-small")
	row("hot")
}

// row times one set: a checker for each workload, requests made beforehand.
func row(name string) {
	set := asked.Read(name)
	rules := map[int][]asked.Rule{}
	for _, rule := range asked.DenyFirst(set.Rules) {
		rules[rule.Workload] = append(rules[rule.Workload], rule)
	}
	servers := map[int]server{}
	for workload, rules := range rules {
		servers[workload] = newServer(rules)
	}
	requests := map[*asked.Ask]*authz.CheckRequest{}
	for i := range set.Asks {
		requests[&set.Asks[i]] = request(&set.Asks[i])
	}
	ctx := context.Background()
	asked.Time("calico/"+name, set.Asks, func(ask *asked.Ask) bool {
		response, err := servers[ask.Destination].Check(ctx, requests[ask])
		asked.Must(err)
		return response.Status.Code == int32(code.Code_OK)
	})
}

// newServer holds one tier: DENY before ALLOW, and its end denies. Service accounts have names of their own
// throughout the cluster, so that rules need no selector of namespaces, which the checker would parse anew each time.
func newServer(rules []asked.Rule) server {
	store := policystore.NewPolicyStore()
	tier := &proto.TierInfo{Name: "default"}
	for number, rule := range rules {
		action := "allow"
		if rule.Deny {
			action = "deny"
		}
		match := &proto.HTTPMatch{Methods: rule.Methods}
		for _, prefix := range rule.Prefixes {
			path := &proto.HTTPMatch_PathMatch{PathMatch: &proto.HTTPMatch_PathMatch_Prefix{Prefix: prefix}}
			match.Paths = append(match.Paths, path)
		}
		accounts := &proto.ServiceAccountMatch{}
		for _, client := range rule.Clients {
			accounts.Names = append(accounts.Names, client[strings.LastIndex(client, "/")+1:])
		}
		name := fmt.Sprintf("rule-%06d", number)
		tier.IngressPolicies = append(tier.IngressPolicies, name)
		store.PolicyByID[proto.PolicyID{Tier: "default", Name: name}] = &proto.Policy{
			InboundRules: []*proto.Rule{{Action: action, SrcServiceAccountMatch: accounts, HttpMatch: match}},
		}
	}
	store.Endpoint = &proto.WorkloadEndpoint{Tiers: []*proto.TierInfo{tier}}
	out := checker.NewServer(context.Background(), nil)
	out.Store = store
	return out
}

func request(ask *asked.Ask) *authz.CheckRequest {
	peer := func(principal, ip string) *authz.AttributeContext_Peer {
		address := &core.SocketAddress{Address: ip, PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(ask.Port)}}
		return &authz.AttributeContext_Peer{
			Principal: "spiffe://" + principal,
			Address:   &core.Address{Address: &core.Address_SocketAddress{SocketAddress: address}},
		}
	}
	return &authz.CheckRequest{Attributes: &authz.AttributeContext{
		Source:      peer(ask.Principal, ask.SourceIP),
		Destination: peer("cluster.local/ns/server/sa/server", ask.DestinationIP),
		Request: &authz.AttributeContext_Request{
			Http: &authz.AttributeContext_HttpRequest{Method: ask.Method, Path: ask.Path},
		},
	}}
}
