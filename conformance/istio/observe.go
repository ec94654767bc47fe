package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

var ruleName = regexp.MustCompile(`ns\[([^\]]*)\]-policy\[([^\]]*)\]-rule\[(\d+)\]`)

func parseReason(id string) *reason {
	m := ruleName.FindStringSubmatch(id)
	if m == nil {
		return nil
	}
	rule, _ := strconv.Atoi(m[3])
	return &reason{Policy: policyRef{Kind: "AuthorizationPolicy", Namespace: m[1], Name: m[2]}, Rule: rule}
}

// expect turns what the client saw and what Envoy logged into the recorded answer.
func expect(f *flow, a *answer, logs []logLine, jwtFilter bool) *expectation {
	var request, connection logLine
	for _, l := range logs {
		if l.Kind == "request" {
			request = l
		} else {
			connection = l
		}
	}
	e := &expectation{Verdict: "deny", Layers: map[string]*layerAnswer{}}
	if a.reached {
		e.Verdict = "allow"
		if a.opaque {
			e.Envoy = "TLS not terminated, passed to the application"
		}
	} else {
		e.ClientSees = sees(a)
	}
	e.Banner = a.banner
	meta := connection.TCPRBAC
	if f.HTTP != nil {
		meta = request.HTTPRBAC
	}
	denial := request.Details
	if f.HTTP == nil || strings.HasPrefix(connection.Termination, "rbac_") {
		denial = firstOf(connection.Termination, connection.Details)
	}
	rbac := strings.HasPrefix(denial, "rbac_access_denied")
	custom := strings.HasPrefix(denial, "ext_authz_") || strings.Contains(denial, "deny-due-to-bad-CUSTOM-action")
	jwt := strings.HasPrefix(denial, "jwt_authn_access_denied")
	protocol := a.handshake == nil && strings.Contains(connection.Flags, "DPE") // the HTTP/2 codec ended it
	transport := !a.reached && a.status == 0 && !rbac && !custom && !protocol
	switch {
	case transport:
		e.Layers["mtls"] = &layerAnswer{Verdict: "deny"}
		e.Envoy = firstOf(connection.Transport, connection.Details, connection.Flags)
	case !a.reached && !rbac && !custom && !jwt:
		// No layer decided: the codec, the path, the router.
		e.Envoy = firstOf(request.Details, connection.Flags)
	default:
		e.Layers["mtls"] = &layerAnswer{Verdict: "allow"}
		if f.HTTP != nil && jwtFilter && !custom {
			e.Layers["jwt"] = &layerAnswer{Verdict: verdictOf(!jwt)}
		}
		if !jwt {
			answer := &layerAnswer{Verdict: verdictOf(a.reached)}
			if rbac {
				answer.Reason = parseReason(denial)
			} else if id, ok := meta["recorded_allow_shadow_effective_policy_id"].(string); ok && a.reached {
				answer.Reason = parseReason(id)
			}
			e.Layers["authorization"] = answer
			e.AuditedBy = audited(meta)
			e.DryRun = dryRuns(meta)
		}
	}
	return e
}

func audited(meta map[string]any) []*reason {
	if id, ok := meta["recorded_log_shadow_effective_policy_id"].(string); ok {
		if r := parseReason(id); r != nil {
			return []*reason{r}
		}
	}
	return nil
}

func dryRuns(meta map[string]any) []*dryRun {
	var out []*dryRun
	for _, action := range []string{"DENY", "ALLOW"} {
		prefix := "istio_dry_run_" + strings.ToLower(action) + "_shadow_"
		result, ok := meta[prefix+"engine_result"].(string)
		if !ok {
			continue
		}
		d := &dryRun{Action: action, Verdict: verdictOf(result == "allowed")}
		if id, ok := meta[prefix+"effective_policy_id"].(string); ok {
			d.Reason = parseReason(id)
		}
		out = append(out, d)
	}
	return out
}

func verdictOf(allowed bool) string {
	if allowed {
		return "allow"
	}
	return "deny"
}

func sees(a *answer) *clientSees {
	if a.status != 0 {
		body := a.body
		return &clientSees{Kind: "response", Status: a.status, GRPCStatus: a.grpcStatus(), Body: &body}
	}
	for _, err := range []error{a.handshake, a.broken} {
		if errors.Is(err, syscall.ECONNRESET) {
			return &clientSees{Kind: "reset"}
		}
	}
	return &clientSees{Kind: "closed"}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" && t != "-" {
			return t
		}
	}
	return ""
}
