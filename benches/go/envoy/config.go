package main

import (
	"encoding/json"
	"fmt"
	"net"

	"mayreach.dev/benches/asked"
)

type object = map[string]any

const types = "type.googleapis.com/envoy.extensions."

// filters are DENY and ALLOW, each rule as istiod writes an AuthorizationPolicy's.
func filters(rules []asked.Rule) []any {
	var out []any
	for _, deny := range []bool{true, false} {
		policies := object{}
		for number, rule := range rules {
			if rule.Deny == deny {
				policies[fmt.Sprintf("ns[server]-policy[rule-%06d]-rule[0]", number)] = policy(rule)
			}
		}
		action := "ALLOW"
		if deny {
			action = "DENY"
		}
		if len(policies) > 0 {
			out = append(out, object{"name": "envoy.filters.http.rbac", "typed_config": object{
				"@type": types + "filters.http.rbac.v3.RBAC",
				"rules": object{"action": action, "policies": policies},
			}})
		}
	}
	return out
}

func policy(rule asked.Rule) object {
	each := func(values []string, one func(string) object) []object {
		var out []object
		for _, value := range values {
			out = append(out, one(value))
		}
		return out
	}
	methods := each(rule.Methods, func(method string) object {
		return object{"header": object{"name": ":method", "string_match": object{"exact": method}}}
	})
	paths := each(rule.Prefixes, func(prefix string) object {
		return object{"url_path": object{"path": object{"prefix": prefix}}}
	})
	clients := each(rule.Clients, func(client string) object {
		return object{"authenticated": object{"principal_name": object{"exact": "spiffe://" + client}}}
	})
	some := func(rules []object) object { return object{"or_rules": object{"rules": rules}} }
	return object{
		"permissions": []object{{"and_rules": object{"rules": []object{some(methods), some(paths)}}}},
		"principals":  []object{{"and_ids": object{"ids": []object{{"or_ids": object{"ids": clients}}}}}},
	}
}

// configuration is a listener with mTLS whose application is an answer.
func configuration(port int, ca *authority, filters []any) []byte {
	filters = append(filters, object{"name": "envoy.filters.http.router", "typed_config": object{
		"@type": types + "filters.http.router.v3.Router",
	}})
	route := object{"virtual_hosts": []object{{
		"name": "all", "domains": []string{"*"},
		"routes": []object{{"match": object{"prefix": "/"}, "direct_response": object{"status": 200}}},
	}}}
	manager := object{
		"@type":       types + "filters.network.http_connection_manager.v3.HttpConnectionManager",
		"stat_prefix": "in", "route_config": route, "http_filters": filters, "normalize_path": true,
	}
	file := func(name string) object { return object{"filename": name} }
	security := object{
		"@type":                      types + "transport_sockets.tls.v3.DownstreamTlsContext",
		"require_client_certificate": true,
		"common_tls_context": object{
			"tls_certificates":   []object{{"certificate_chain": file(ca.chain), "private_key": file(ca.key)}},
			"validation_context": object{"trusted_ca": file(ca.root)},
		},
	}
	chain := object{
		"filters":          []object{{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}},
		"transport_socket": object{"name": "envoy.transport_sockets.tls", "typed_config": security},
	}
	listener := object{
		"name":          "in",
		"address":       object{"socket_address": object{"address": "127.0.0.1", "port_value": port}},
		"filter_chains": []object{chain},
	}
	text, err := json.Marshal(object{"static_resources": object{"listeners": []object{listener}}})
	asked.Must(err)
	return text
}

func freePort() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	asked.Must(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
