package main

import (
	"net/netip"
	"strings"

	"istio.io/istio/pkg/workloadapi"
	"istio.io/istio/pkg/workloadapi/security"
)

// What ztunnel makes of istiod's policies, after its src/rbac.rs and src/state.rs: no code of it, and nothing here ran
// ztunnel itself.

// arrival is a connection as ztunnel sees it; a client without identity has empty names.
type arrival struct {
	principal, namespace, account string
	source, destination           string
	port                          uint32
}

// of is every policy of a workload: those of its namespace, of the mesh, and those it names; unknown names are
// skipped. First those that istiod made of PeerAuthentications.
func (m *ztunnelMesh) of(w *workloadapi.Workload) (peers, others []*security.Authorization) {
	add := func(p *security.Authorization) {
		if strings.HasPrefix(p.Name, "istio_converted_") || strings.HasPrefix(p.Name, "converted_peer_authentication_") {
			peers = append(peers, p)
		} else {
			others = append(others, p)
		}
	}
	for _, p := range m.policies {
		switch p.Scope {
		case security.Scope_GLOBAL:
			add(p)
		case security.Scope_NAMESPACE:
			if p.Namespace == w.Namespace {
				add(p)
			}
		}
	}
	for _, key := range w.AuthorizationPolicies {
		if p := m.policies[key]; p != nil {
			add(p)
		}
	}
	return peers, others
}

// permits: any DENY match denies; no ALLOW policy allows; else one must match.
func permits(policies []*security.Authorization, at arrival) bool {
	allows, allowed := 0, false
	for _, p := range policies {
		if p.DryRun {
			continue
		}
		matched := policyMatches(p, at)
		if p.Action == security.Action_DENY && matched {
			return false
		}
		if p.Action == security.Action_ALLOW {
			allows++
			allowed = allowed || matched
		}
	}
	return allows == 0 || allowed
}

// policyMatches: groups are alternatives, the clauses of a group must all hold, one match of a clause is enough.
func policyMatches(p *security.Authorization, at arrival) bool {
	for _, group := range p.Groups {
		all := true
		for _, clause := range group.Rules {
			one := false
			for _, m := range clause.Matches {
				one = one || matches(m, at)
			}
			all = all && one
		}
		if all {
			return true
		}
	}
	return false
}

// matches: every kind of condition must hold; a match without any never does.
func matches(m *security.Match, at arrival) bool {
	empty := true
	ok := true
	both := func(positive, negative bool, nPositive, nNegative int) {
		if nPositive > 0 {
			empty = false
			ok = ok && positive
		}
		if nNegative > 0 {
			empty = false
			ok = ok && !negative
		}
	}
	text := func(list []*security.StringMatch, v string) bool {
		for _, s := range list {
			if stringMatches(s, v) {
				return true
			}
		}
		return false
	}
	both(text(m.Namespaces, at.namespace), text(m.NotNamespaces, at.namespace), len(m.Namespaces), len(m.NotNamespaces))
	both(text(m.Principals, at.principal), text(m.NotPrincipals, at.principal), len(m.Principals), len(m.NotPrincipals))
	account := func(list []*security.ServiceAccountMatch) bool {
		for _, s := range list {
			if at.principal != "" && s.Namespace == at.namespace && s.ServiceAccount == at.account {
				return true
			}
		}
		return false
	}
	both(account(m.ServiceAccounts), account(m.NotServiceAccounts), len(m.ServiceAccounts), len(m.NotServiceAccounts))
	within := func(list []*security.Address, v string) bool {
		for _, a := range list {
			ip, _ := netip.AddrFromSlice(a.Address)
			prefix, err := ip.Prefix(int(a.Length))
			if err == nil && prefix.Contains(netip.MustParseAddr(v)) {
				return true
			}
		}
		return false
	}
	both(within(m.SourceIps, at.source), within(m.NotSourceIps, at.source), len(m.SourceIps), len(m.NotSourceIps))
	both(within(m.DestinationIps, at.destination), within(m.NotDestinationIps, at.destination), len(m.DestinationIps), len(m.NotDestinationIps))
	port := func(list []uint32) bool {
		for _, p := range list {
			if p == at.port {
				return true
			}
		}
		return false
	}
	both(port(m.DestinationPorts), port(m.NotDestinationPorts), len(m.DestinationPorts), len(m.NotDestinationPorts))
	return ok && !empty
}

func stringMatches(s *security.StringMatch, v string) bool {
	switch t := s.MatchType.(type) {
	case *security.StringMatch_Exact:
		return v == t.Exact
	case *security.StringMatch_Prefix:
		return v != "" && strings.HasPrefix(v, t.Prefix)
	case *security.StringMatch_Suffix:
		return v != "" && strings.HasSuffix(v, t.Suffix)
	case *security.StringMatch_Presence:
		return v != ""
	}
	return false
}
