package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// knownMethods are those that Envoy's HTTP/1.1 codec takes.
var knownMethods = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PROPFIND"}

// client is a pod of the generated fixture.
type client struct{ name, ip, principal string }

var clients = []client{
	{"foo/web", "127.0.1.11", "/ns/foo/sa/web"},
	{"foo/admin", "127.0.1.12", "/ns/foo/sa/admin"},
	{"bar/web", "127.0.1.15", "/ns/bar/sa/web"},
	{"team-a/db", "127.0.1.16", "/ns/team-a/sa/db.main"},
	{"legacy/old", "127.0.1.128", ""},
	{"legacy/older", "127.0.3.1", ""},
}

// draft is a request being drawn.
type draft struct {
	client    client
	principal string
	plain     bool
	nocert    bool
	method    string
	path      string
	host      string
	headers   [][2]string
	sni       string
	port      uint32
	tcp       bool
}

func (g *generator) draft(focus string) *draft {
	d := &draft{client: pick(g, clients[:4]), method: "GET", path: "/", host: "api.foo", port: 8080}
	if g.chance(25) {
		d.client = pick(g, clients)
	}
	switch {
	case focus == "tcp":
		d.port = pick(g, []uint32{9000, 9000, 9000, 7000, 7001, 8080})
		d.tcp = d.port != 8080 && (d.port == 9000 || g.chance(80))
		d.nocert = d.tcp && g.chance(8)
	case g.chance(8):
		d.port = pick(g, []uint32{8081, 7000, 7001})
	}
	d.plain = g.chance(10)
	if g.chance(10) {
		d.method = pick(g, methods[:6])
	}
	if g.chance(25) {
		d.path = g.path()
	}
	if g.chance(10) {
		d.host = pick(g, hostNames)
	}
	return d
}

// aim makes the draft meet one rule, or nearly.
func (g *generator) aim(d *draft, r *authRule, domain string) {
	miss := g.chance(45)
	if len(r.From) > 0 {
		g.aimFields(d, pick(g, r.From).Source, domain, miss)
	}
	if len(r.To) > 0 {
		g.aimFields(d, pick(g, r.To).Operation, domain, miss)
	}
	for _, c := range r.When {
		list := c.Values
		if len(list) == 0 || len(c.NotValues) > 0 && g.chance(25) {
			list = c.NotValues
			if g.chance(50) {
				continue
			}
		}
		g.aimAt(d, strings.TrimSuffix(c.Key, "]"), pick(g, list), domain, miss && g.chance(40))
	}
}

func (g *generator) aimFields(d *draft, f fields, domain string, miss bool) {
	// In a fixed order: maps have none.
	for _, name := range []string{"ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks", "serviceAccounts", "notServiceAccounts", "trustDomains", "notTrustDomains", "namespaces", "notNamespaces", "principals", "notPrincipals", "hosts", "notHosts", "methods", "notMethods", "paths", "notPaths", "ports", "notPorts"} {
		list := f[name]
		if len(list) == 0 || strings.HasPrefix(name, "not") && g.chance(70) {
			continue
		}
		key := strings.ToLower(strings.TrimPrefix(name, "not"))
		g.aimAt(d, key, pick(g, list), domain, miss && g.chance(40))
	}
}

// aimAt sets the attribute to what the value matches; beside it on a miss.
func (g *generator) aimAt(d *draft, key, form, domain string, miss bool) {
	text := func() string {
		v := g.match(form)
		if miss {
			v = g.near(v)
		}
		return v
	}
	switch key {
	case "ipblocks", "source.ip":
		d.client = g.clientIn(form, !miss, d.client)
	case "remoteipblocks", "remote.ip":
		if p, err := netip.ParsePrefix(form); err == nil {
			form = p.Addr().String()
		}
		d.headers = append(d.headers, [2]string{"x-forwarded-for", pick(g, []string{form, form, "1.1.1.1, " + form, form + ",1.1.1.1", form + ":80"})})
	case "serviceaccounts", "source.serviceAccount":
		if !strings.Contains(form, "/") {
			form = "foo/" + form
		}
		ns, sa, _ := strings.Cut(form, "/")
		d.be(domain + "/ns/" + ns + "/sa/" + g.maybeNear(sa, miss) + pick(g, []string{"", "", "", "/x"}))
	case "trustdomains", "source.trustDomain":
		td := g.match(form)
		if g.chance(70) {
			td = domain
		}
		d.be(td + "/ns/foo/sa/web")
	case "namespaces", "source.namespace":
		ns := strings.ReplaceAll(form, "*", pick(g, []string{"", "x", "oo"}))
		d.be(domain + "/ns/" + g.maybeNear(ns, miss) + "/sa/" + pick(g, accounts))
	case "principals", "source.principal":
		v := strings.TrimPrefix(text(), "spiffe://")
		if strings.HasPrefix(form, "*") {
			v = domain + "/ns/foo/sa/web"
			if tail := g.maybeNear(form[1:], miss); strings.Contains(tail, "/") {
				v = domain + "/ns/x" + tail[strings.Index(tail, "/"):]
			} else {
				v = domain + "/ns/foo/sa/" + tail
			}
			if strings.HasPrefix(form, "*/ns/") {
				v = domain + g.maybeNear(form[1:], miss)
			}
		}
		if i := strings.Index(v, "/"); i > 0 && g.chance(90) {
			v = domain + v[i:] // others mostly fail in the handshake
		}
		d.be(v)
	case "hosts", "request.headers[:authority", "request.headers[host":
		d.host = strings.ReplaceAll(noBlank(text()), "/", "")
		if g.chance(8) {
			d.host += pick(g, []string{":80", ".", ":8080"})
		}
	case "methods", "request.headers[:method":
		d.method = g.match(form)
		if miss || !slices.Contains(knownMethods, d.method) {
			d.method = pick(g, knownMethods)
		}
	case "paths", "request.headers[:path":
		d.path = g.pathFor(form, miss)
	case "ports", "destination.port":
		g.aimPort(d, form, miss)
	case "connection.sni":
		d.sni = noBlank(text())
	default:
		if name, ok := strings.CutPrefix(key, "request.headers["); ok {
			g.aimHeader(d, name, text())
		}
	}
}

func (g *generator) maybeNear(v string, miss bool) string {
	if miss {
		return g.near(v)
	}
	return v
}

func (g *generator) aimHeader(d *draft, name, value string) {
	value = strings.TrimSpace(value)
	switch g.IntN(10) {
	case 0:
		return
	case 1:
		d.headers = append(d.headers, [2]string{name, "other"}, [2]string{name, value})
	case 2:
		d.headers = append(d.headers, [2]string{strings.ToUpper(name), value}, [2]string{name, value})
	case 3:
		d.headers = append(d.headers, [2]string{name, ""})
	default:
		d.headers = append(d.headers, [2]string{name, value})
	}
}

func (g *generator) aimPort(d *draft, port string, miss bool) {
	var n uint32
	fmt.Sscan(port, &n)
	if miss || n == 80 {
		n = pick(g, []uint32{8080, 8081, 9000, 7000, 7001})
	}
	d.port = n
	d.tcp = n == 9000 || n < 8000 && d.tcp
}

func (d *draft) be(principal string) {
	d.principal = strings.Trim(noBlank(principal), "/")
}

func noBlank(v string) string { return strings.ReplaceAll(v, " ", "") }

// clientIn draws a client inside the block (or outside), if there is one.
func (g *generator) clientIn(block string, inside bool, else_ client) client {
	p, err := netip.ParsePrefix(block)
	if err != nil {
		a, err := netip.ParseAddr(block)
		if err != nil {
			return else_
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	var fit []client
	for _, c := range clients {
		if p.Masked().Contains(netip.MustParseAddr(c.ip)) == inside {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return else_
	}
	return pick(g, fit)
}

// pathFor draws a request target for a path value.
func (g *generator) pathFor(form string, miss bool) string {
	p := form
	if strings.Contains(form, "{") {
		p = strings.ReplaceAll(p, "{**}", pick(g, []string{"", "a", "a/b", "/", "a.b/c-d/"}))
		p = strings.ReplaceAll(p, "{*}", pick(g, []string{"a", "x-1", "a%20b", "", "a/b", "*", "a;b=c", "a|b", "["}))
	} else {
		p = g.match(form)
	}
	if miss {
		p = g.near(p)
	}
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	switch g.IntN(14) {
	case 0:
		p += pick(g, []string{"?q=1", "?/admin", "?", "?a=b#c"})
	case 1:
		p = strings.Replace(p, "/", "//", 1)
	case 2:
		p = "/x/.." + p
	case 3:
		i := strings.LastIndex(p, "/")
		p = p[:i] + pick(g, []string{"/./", "%2f", "%2F", "\\", "//", "/%2e/", "%5C"}) + p[i+1:]
	case 4:
		if len(p) > 2 {
			i := 1 + g.IntN(len(p)-1)
			if p[i] != '/' && p[i] != '%' {
				p = p[:i] + fmt.Sprintf(pick(g, []string{"%%%02x", "%%%02X"}), p[i]) + p[i+1:]
			}
		}
	case 5:
		p += "#frag"
	}
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return noBlank(p)
}

// flow finishes the draft.
func (d *draft) flow() *flow {
	f := &flow{Source: peer{Workload: d.client.name}, Destination: workload{Workload: "foo/api"}, Port: d.port, Protocol: "TCP"}
	inMesh := d.client.principal != ""
	switch {
	case d.nocert:
		f.Source.TLSWithoutCertificate = true
	case d.plain && inMesh:
		f.Source.MTLS = new(bool)
	case d.principal != "" && inMesh:
		f.Source.Principal = d.principal
	}
	if d.sni != "" && (inMesh && !d.plain || d.nocert) {
		f.TLS = &tlsAttributes{d.sni}
	}
	if d.port == 9000 {
		d.tcp = true
	}
	if !d.tcp {
		f.HTTP = &request{Method: d.method, Path: d.path, Host: d.host, Headers: [][2]string{}}
		for _, h := range d.headers {
			if !strings.HasPrefix(h[0], ":") {
				f.HTTP.Headers = append(f.HTTP.Headers, h)
			}
		}
	}
	return f
}

// flows draws the requests of one scenario, each different.
func (g *generator) flows(focus string, specs []*authzSpec, domain string, count int) []*recordedCase {
	var out []*recordedCase
	seen := map[string]bool{}
	for range count * 3 {
		if len(out) == count {
			break
		}
		d := g.draft(focus)
		if s := pick(g, specs); len(s.Rules) > 0 && g.chance(90) {
			g.aim(d, pick(g, s.Rules), domain)
		}
		f := d.flow()
		if text := toJSON(f); !seen[text] {
			seen[text] = true
			out = append(out, &recordedCase{Flow: f})
		}
	}
	return out
}

func (g *generator) scenario(focus, mesh, domain, about string, atMost, count int) *scenario {
	text, specs := g.policies(focus, atMost)
	return &scenario{
		about: about, options: map[string]any{}, manifests: join(generatedFixture, mesh, text),
		cases: g.flows(focus, specs, domain, count),
	}
}

func (g *generator) httpScenario(int) *scenario {
	mesh := ""
	if g.chance(10) {
		mesh = meshOf(g.normalization())
	}
	return g.scenario("http", mesh, "cluster.local", "Drawn policies and requests on HTTP ports.", 3, 20)
}

func (g *generator) tcpScenario(int) *scenario {
	return g.scenario("tcp", "", "cluster.local", "Drawn policies and connections on TCP and undeclared ports.", 3, 16)
}

func (g *generator) pathScenario(int) *scenario {
	return g.scenario("paths", meshOf(g.normalization()), "cluster.local", "Drawn path values and request targets under every normalization.", 2, 24)
}

func (g *generator) identityScenario(int) *scenario {
	domain := pick(g, []string{"cluster.local", "td1", "td1", "old.td"})
	trust, aliases := "", ""
	if domain != "cluster.local" {
		trust = "trustDomain: " + domain
	}
	if list := pick(g, []string{"", "", "td2", "td2, old.td", "cluster.local", "td1, cluster.local"}); list != "" {
		aliases = "trustDomainAliases: [" + list + "]"
	}
	s := g.scenario("identity", meshOf(trust, aliases), domain, "Drawn identities, trust domains and aliases.", 2, 20)
	for _, c := range s.cases {
		p := c.Flow.Source.Principal
		if alias := strings.Fields(strings.Trim(strings.TrimPrefix(aliases, "trustDomainAliases: "), "[]")); len(alias) > 0 && p != "" && g.chance(35) {
			if i := strings.Index(p, "/"); i > 0 {
				c.Flow.Source.Principal = strings.Trim(pick(g, alias), ",") + p[i:]
			}
		}
	}
	return s
}

func (g *generator) normalization() string {
	mode := pick(g, []string{"", "NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"})
	if mode == "" {
		return ""
	}
	return "pathNormalization: {normalization: " + mode + "}"
}
