package main

import "fmt"

// The rules as the API spells them; JSON of these is the manifest.
type authzSpec struct {
	Selector *selector   `json:"selector,omitempty"`
	Action   string      `json:"action,omitempty"`
	Rules    []*authRule `json:"rules,omitempty"`
}

type selector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type authRule struct {
	From []fromEntry `json:"from,omitempty"`
	To   []toEntry   `json:"to,omitempty"`
	When []condition `json:"when,omitempty"`
}

type fromEntry struct {
	Source fields `json:"source"`
}

type toEntry struct {
	Operation fields `json:"operation"`
}

// fields maps an API field to its values.
type fields map[string][]string

type condition struct {
	Key       string   `json:"key"`
	Values    []string `json:"values,omitempty"`
	NotValues []string `json:"notValues,omitempty"`
}

var (
	domains    = []string{"cluster.local", "cluster.local", "cluster.local", "td1", "td2", "old.td", "td9"}
	namespaces = []string{"foo", "bar", "team-a", "legacy", "prod.x"}
	accounts   = []string{"web", "admin", "db.main", "default"}
	methods    = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get"}
	hostNames  = []string{"example.com", "Example.com", "api.foo", "api.foo:8080", "a.b.example.com", "10.0.0.1"}
	// Not x-request-id: Envoy makes one up where it is missing, so a suffix of it matches now and then.
	headers    = []string{"x-user", "x-tenant-id", "X-Mixed-Case", "user-agent", "accept", "cookie", "origin", "authorization", ":path", ":method", ":authority", "host"}
	values     = []string{"alice", "Bob", "a,b", "tenant-1", "v 1", "x.y", "/a/b"}
	ports      = []string{"8080", "8081", "9000", "7000", "7001", "80"}
	serverName = []string{"outbound_.80_._.api.foo.svc.cluster.local", "api.example.com", "other"}
	segments   = []string{"api", "v1", "orders", "admin", "a.b", "x_y", "A", "data~1", "a+b"}
)

func (g *generator) path() string {
	p := ""
	for range 1 + g.IntN(4) {
		p += "/" + pick(g, segments)
	}
	if g.chance(15) {
		p += "/"
	}
	return p
}

// pathForm is a path value: a plain form or a template.
func (g *generator) pathForm() string {
	p := g.path()
	if !g.chance(35) {
		return g.wild(p)
	}
	t, stars := "", 0
	for range 1 + g.IntN(4) {
		switch {
		case stars == 0 && g.chance(40):
			t += "/{*}"
		case stars == 0 && g.chance(25):
			t += "/{**}"
			stars++
		default:
			t += "/" + pick(g, segments)
		}
	}
	return t
}

func (g *generator) principal() string {
	return fmt.Sprintf("%s/ns/%s/sa/%s", pick(g, domains), pick(g, namespaces), pick(g, accounts))
}

func (g *generator) principalForm() string {
	if g.chance(8) {
		return pick(g, []string{"cluster.local/ns/foo/*", "td1/ns/foo/*", "*/ns/foo/sa/web", "td1/ns/foo/sa/*", "cluster.local/ns/*/sa/web", "*.local/ns/foo/sa/web", "spiffe://cluster.local/ns/foo/sa/web"})
	}
	return g.wild(g.principal())
}

func (g *generator) namespaceForm() string {
	switch g.IntN(6) {
	case 0:
		return pick(g, []string{"*", "t*-a", "*o*", "f*o", "*a*r*", "team-*", "*-a", "prod?x", "prod.*"})
	case 1:
		return g.wild(pick(g, namespaces))
	}
	return pick(g, namespaces)
}

func (g *generator) accountForm() string {
	if g.chance(30) {
		return pick(g, accounts)
	}
	return pick(g, namespaces) + "/" + pick(g, accounts)
}

func (g *generator) domainForm() string {
	return pick(g, []string{"cluster.local", "td1", "td2", "old.td", "*", "td*", "*.local", "*d", "td9"})
}

func (g *generator) block() string {
	ip := pick(g, []string{"127.0.1.11", "127.0.1.12", "127.0.1.15", "127.0.1.16", "127.0.1.128", "127.0.3.1", "10.1.2.3", "127.0.1.14"})
	switch g.IntN(10) {
	case 0:
		return pick(g, []string{"::/0", "::1", "fd00::/8", "::ffff:127.0.1.11", "0.0.0.0/0"})
	case 1, 2, 3:
		return ip
	}
	return fmt.Sprintf("%s/%d", ip, pick(g, []int{0, 8, 16, 23, 24, 25, 27, 28, 29, 30, 31, 32}))
}

// drawField fills a field, its negation, or both.
func (g *generator) drawField(f fields, name, not string, draw func() string) {
	switch g.IntN(7) {
	case 0, 1:
		f[not] = some(g, 2, draw)
	case 2:
		f[name] = some(g, 3, draw)
		f[not] = some(g, 2, draw)
	default:
		f[name] = some(g, 3, draw)
	}
	if g.chance(4) {
		f[not] = []string{}
	}
}

func (g *generator) source(focus string) fields {
	f := fields{}
	for len(f) == 0 {
		if focus == "identity" || g.chance(60) {
			switch g.IntN(4) {
			case 0:
				g.drawField(f, "serviceAccounts", "notServiceAccounts", g.accountForm)
			case 1:
				g.drawField(f, "namespaces", "notNamespaces", g.namespaceForm)
			case 2:
				g.drawField(f, "principals", "notPrincipals", g.principalForm)
			default:
				g.drawField(f, "namespaces", "notNamespaces", g.namespaceForm)
				g.drawField(f, "principals", "notPrincipals", g.principalForm)
			}
		}
		if g.chance(25) {
			g.drawField(f, "ipBlocks", "notIpBlocks", g.block)
		}
		if g.chance(12) {
			g.drawField(f, "remoteIpBlocks", "notRemoteIpBlocks", g.block)
		}
		if g.chance(12) {
			g.drawField(f, "trustDomains", "notTrustDomains", g.domainForm)
		}
		if focus == "http" && g.chance(3) {
			g.drawField(f, "requestPrincipals", "notRequestPrincipals", func() string { return pick(g, []string{"*", "iss/sub"}) })
		}
	}
	return f
}

func (g *generator) operation(focus string) fields {
	f := fields{}
	for len(f) == 0 {
		if focus == "paths" || focus == "http" && g.chance(50) || g.chance(15) {
			g.drawField(f, "paths", "notPaths", g.pathForm)
		}
		if focus == "http" && g.chance(40) || g.chance(15) {
			g.drawField(f, "methods", "notMethods", func() string { return g.wild(pick(g, methods)) })
		}
		if focus == "http" && g.chance(25) || g.chance(5) {
			g.drawField(f, "hosts", "notHosts", func() string { return g.wild(pick(g, hostNames)) })
		}
		if focus == "tcp" && g.chance(60) || g.chance(15) {
			g.drawField(f, "ports", "notPorts", func() string { return pick(g, ports) })
		}
	}
	return f
}

func (g *generator) condition(focus string) condition {
	draw := func() string { return g.wild(pick(g, values)) }
	key := ""
	switch n := g.IntN(100); {
	case focus == "http" && n < 50:
		name := pick(g, headers)
		key = "request.headers[" + name + "]"
		switch name {
		case ":path":
			draw = func() string { return g.wild(g.path()) }
		case ":method":
			draw = func() string { return g.wild(pick(g, methods)) }
		case ":authority", "host":
			draw = func() string { return g.wild(pick(g, hostNames)) }
		}
	case n < 58:
		key, draw = "source.ip", g.block
	case n < 64:
		key, draw = "remote.ip", g.block
	case n < 72:
		key, draw = "source.namespace", g.namespaceForm
	case n < 80:
		key, draw = "source.principal", g.principalForm
	case n < 84:
		key, draw = "source.serviceAccount", g.accountForm
	case n < 88:
		key, draw = "source.trustDomain", g.domainForm
	case n < 91:
		key, draw = "destination.ip", func() string { return pick(g, []string{"127.0.2.10", "127.0.2.0/24", "127.0.2.8/30", "10.0.0.0/8"}) }
	case n < 95:
		key, draw = "destination.port", func() string { return pick(g, ports) }
	case n < 99:
		key, draw = "connection.sni", func() string { return g.wild(pick(g, serverName)) }
	default:
		key, draw = "experimental.envoy.filters.http.none[k]", func() string { return pick(g, []string{"a", "[b]", "*"}) }
	}
	c := condition{Key: key}
	switch g.IntN(5) {
	case 0, 1:
		c.NotValues = some(g, 2, draw)
	case 2:
		c.Values, c.NotValues = some(g, 2, draw), some(g, 2, draw)
	default:
		c.Values = some(g, 3, draw)
	}
	return c
}

func (g *generator) rule(focus string) *authRule {
	r := &authRule{}
	if g.chance(4) {
		return r
	}
	for r.From == nil && r.To == nil && r.When == nil {
		if focus == "identity" || g.chance(50) {
			for range 1 + g.IntN(2) {
				r.From = append(r.From, fromEntry{g.source(focus)})
			}
		}
		if focus == "paths" || g.chance(55) {
			for range 1 + g.IntN(2) {
				r.To = append(r.To, toEntry{g.operation(focus)})
			}
		}
		for g.chance(30) && len(r.When) < 3 {
			r.When = append(r.When, g.condition(focus))
		}
	}
	return r
}

// policies draws a few AuthorizationPolicies that the webhook takes.
func (g *generator) policies(focus string, atMost int) (string, []*authzSpec) {
	text, specs := "", []*authzSpec{}
	for range 1 + g.IntN(atMost) {
		for {
			spec := &authzSpec{Action: pick(g, []string{"", "ALLOW", "ALLOW", "ALLOW", "DENY", "DENY", "DENY", "AUDIT"})}
			for range 1 + g.IntN(3) {
				spec.Rules = append(spec.Rules, g.rule(focus))
			}
			if spec.Action != "DENY" && g.chance(4) {
				spec.Rules = nil
			}
			namespace := "foo"
			if g.chance(15) {
				namespace = pick(g, []string{"istio-system", "istio-system", "bar"})
			}
			switch g.IntN(8) {
			case 0, 1:
				spec.Selector = &selector{map[string]string{"app": "api"}}
			case 2:
				spec.Selector = &selector{map[string]string{"app": pick(g, []string{"api", "other"}), "version": "v1"}}
			}
			var notes map[string]string
			if g.chance(6) && spec.Action != "AUDIT" {
				notes = map[string]string{"istio.io/dry-run": "true"}
			}
			doc := object("AuthorizationPolicy", "security.istio.io/v1", namespace, fmt.Sprintf("p%d", len(specs)), notes, spec)
			if valid(doc) {
				text += doc
				specs = append(specs, spec)
				break
			}
		}
	}
	return text, specs
}
