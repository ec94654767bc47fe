package main

import (
	"fmt"
	"strings"
	"time"
)

type requestAuthSpec struct {
	Selector *selector  `json:"selector,omitempty"`
	Rules    []*jwtRule `json:"jwtRules"`
}

type jwtRule struct {
	Issuer      string        `json:"issuer"`
	JWKS        string        `json:"jwks"`
	Audiences   []string      `json:"audiences,omitempty"`
	FromHeaders []tokenHeader `json:"fromHeaders,omitempty"`
	FromParams  []string      `json:"fromParams,omitempty"`
	FromCookies []string      `json:"fromCookies,omitempty"`
	Forward     bool          `json:"forwardOriginalToken,omitempty"`
	Spaces      []string      `json:"spaceDelimitedClaims,omitempty"`
	Output      []claimHeader `json:"outputClaimToHeaders,omitempty"`
	Payload     string        `json:"outputPayloadToHeader,omitempty"`
}

type tokenHeader struct {
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"`
}

type claimHeader struct {
	Header string `json:"header"`
	Claim  string `json:"claim"`
}

var (
	issuers   = []string{"a", "https://b.example", "c/d"}
	subjects  = []string{"alice", "bob", "x/y"}
	audiences = []string{"app", "https://web.example/", "other"}
	claimKeys = []string{"group", "scope", "roles", "nested", "n"}
)

func (g *generator) requestAuthentications() (string, []*jwtRule) {
	text, all := "", []*jwtRule{}
	for i := range 1 + g.IntN(2) {
		spec := &requestAuthSpec{}
		for range 1 + g.IntN(2) {
			r := &jwtRule{Issuer: pick(g, issuers), JWKS: g.keys.jwks(pick(g, []string{"k1", "k1", "k2", "k1+k2"}))}
			if g.chance(35) {
				r.Audiences = some(g, 2, func() string { return pick(g, audiences) })
			}
			if g.chance(30) {
				r.FromHeaders = append(r.FromHeaders, tokenHeader{Name: pick(g, []string{"x-token", "x-other", "authorization"}), Prefix: pick(g, []string{"", "", "JWT ", "Bearer "})})
			}
			if g.chance(20) {
				r.FromParams = append(r.FromParams, pick(g, []string{"tok", "access_token"}))
			}
			if g.chance(12) {
				r.FromCookies = append(r.FromCookies, "session")
			}
			r.Forward = g.chance(30)
			if g.chance(25) {
				r.Spaces = []string{"roles"}
			}
			if g.chance(20) {
				r.Output = []claimHeader{{"x-claim", pick(g, []string{"sub", "group", "nested.deep", "n"})}}
			}
			spec.Rules = append(spec.Rules, r)
			all = append(all, r)
		}
		text += object("RequestAuthentication", "security.istio.io/v1", pick(g, []string{"foo", "foo", "istio-system"}), fmt.Sprintf("r%d", i), nil, spec)
	}
	return text, all
}

func (g *generator) jwtPolicies() string {
	text := ""
	for i := range g.IntN(3) {
		for {
			spec := &authzSpec{Action: pick(g, []string{"ALLOW", "ALLOW", "DENY"})}
			for range 1 + g.IntN(2) {
				r := &authRule{}
				if g.chance(60) {
					f := fields{}
					g.drawField(f, "requestPrincipals", "notRequestPrincipals", g.requestPrincipalForm)
					r.From = []fromEntry{{f}}
				}
				for g.chance(45) || r.From == nil && r.When == nil {
					r.When = append(r.When, g.claimCondition())
				}
				if g.chance(25) {
					r.To = []toEntry{{fields{"paths": {pick(g, []string{"/a", "/b"})}}}}
				}
				spec.Rules = append(spec.Rules, r)
			}
			doc := object("AuthorizationPolicy", "security.istio.io/v1", "foo", fmt.Sprintf("p%d", i), nil, spec)
			if valid(doc) {
				text += doc
				break
			}
		}
	}
	return text
}

func (g *generator) requestPrincipalForm() string {
	full := pick(g, issuers) + "/" + pick(g, subjects)
	switch g.IntN(6) {
	case 0:
		return "*"
	case 1:
		return pick(g, issuers) + "/*"
	case 2:
		return "*/" + pick(g, subjects)
	case 3:
		return g.wild(full)
	}
	return full
}

func (g *generator) claimCondition() condition {
	key := pick(g, []string{"request.auth.claims[group]", "request.auth.claims[scope]", "request.auth.claims[roles]", "request.auth.claims[nested][deep]", "request.auth.claims[nested.deep]", "request.auth.claims[n]", "request.auth.claims[iss]", "request.auth.claims[sub]", "request.auth.principal", "request.auth.audiences", "request.auth.presenter", "request.headers[x-claim]", "request.headers[authorization]", "request.headers[x-token]"})
	draw := func() string {
		return g.wild(pick(g, []string{"admin", "user", "read", "read write", "7", "alice", "app"}))
	}
	if key == "request.auth.principal" {
		draw = g.requestPrincipalForm
	}
	c := condition{Key: key}
	if g.chance(35) {
		c.NotValues = some(g, 2, draw)
	} else {
		c.Values = some(g, 3, draw)
	}
	return c
}

// tokenLine draws a token's claims and how it is signed.
func (g *generator) tokenLine(r *jwtRule) string {
	c := []string{}
	issuer := r.Issuer
	if g.chance(6) {
		issuer = pick(g, []string{"a", "https://b.example", "c/d", "unknown"})
	}
	c = append(c, fmt.Sprintf(`"iss":%q`, issuer))
	if g.chance(88) {
		c = append(c, fmt.Sprintf(`"sub":%q`, pick(g, subjects)))
	}
	switch {
	case len(r.Audiences) > 0 && g.chance(75):
		c = append(c, fmt.Sprintf(`"aud":%q`, pick(g, r.Audiences)))
	case g.chance(40):
		c = append(c, pick(g, []string{`"aud":"app"`, `"aud":["other","app"]`, `"aud":"http://web.example"`, `"aud":"else"`}))
	}
	switch g.IntN(20) {
	case 0:
		c = append(c, `"exp":"@-10m"`)
	case 1:
		c = append(c, `"exp":"@+1h","nbf":"@+20m"`)
	case 2:
	default:
		c = append(c, `"exp":"@+24h"`)
	}
	for _, extra := range []string{
		pick(g, []string{`"group":"admin"`, `"group":["user","admin"]`, `"group":"user"`, `"group":7`, `"group":[7,"admin"]`, `"group":{"admin":1}`}),
		pick(g, []string{`"scope":"read write"`, `"scope":"read"`, `"scope":["read write"]`, `"scope":" "`}),
		pick(g, []string{`"roles":"admin user"`, `"roles":["admin"]`}),
		pick(g, []string{`"nested":{"deep":"admin"}`, `"nested":{"deep":["user"]}`, `"nested.deep":"admin"`, `"nested":"admin"`}),
		pick(g, []string{`"n":7`, `"n":"7"`, `"n":true`}), `"azp":"app"`,
	} {
		if g.chance(40) {
			c = append(c, extra)
		}
	}
	key := "k1"
	if !strings.Contains(r.JWKS, `"kid":"k1"`) {
		key = "k2"
	}
	options := pick(g, []string{"", "", "", "", "", "", "", "", " kid=-", " tamper", " kid=zz"})
	if g.chance(8) {
		key = pick(g, []string{"k1", "k2", "k3"})
	}
	options += " key=" + key
	return "{" + strings.Join(c, ",") + "}" + options
}

func (g *generator) jwtScenario(int) *scenario {
	ra, rules := g.requestAuthentications()
	text := ra + g.jwtPolicies()
	s := &scenario{about: "Drawn tokens, issuers and claims.", options: map[string]any{}, manifests: join(generatedFixture, text), jwt: true}
	type token struct {
		rule *jwtRule
		text string
	}
	var tokens []token
	for range 5 {
		r := pick(g, rules)
		t, err := g.keys.mint(g.tokenLine(r), g.now)
		if err != nil {
			panic(err) // our own claims
		}
		tokens = append(tokens, token{r, t})
	}
	seen := map[string]bool{}
	for range 16 {
		f := &flow{Source: peer{Workload: pick(g, clients).name}, Destination: workload{Workload: "foo/api"}, Port: pick(g, []uint32{8080, 8080, 8080, 8080, 7000, 7001}), Protocol: "TCP",
			HTTP: &request{Method: "GET", Path: pick(g, []string{"/a", "/b"}), Host: "api", Headers: [][2]string{}}, Now: g.now.UTC().Format(time.RFC3339)}
		if g.chance(5) {
			f.HTTP.Method = "OPTIONS"
			f.HTTP.Headers = append(f.HTTP.Headers, [2]string{"origin", "http://x"}, [2]string{"access-control-request-method", "GET"})
		}
		for range pick(g, []int{0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3}) {
			t := pick(g, tokens)
			g.place(f, t.rule, t.text)
		}
		if g.chance(6) {
			f.HTTP.Headers = append(f.HTTP.Headers, [2]string{"x-claim", "admin"})
		}
		if text := toJSON(f); !seen[text] {
			seen[text] = true
			s.cases = append(s.cases, &recordedCase{Flow: f})
		}
	}
	return s
}

// place puts the token where its rule looks, mostly.
func (g *generator) place(f *flow, r *jwtRule, token string) {
	if g.chance(4) {
		token = pick(g, []string{"nonsense", "a.b.c", ""})
	}
	param := func(name string) {
		sep := "?"
		if strings.Contains(f.HTTP.Path, "?") {
			sep = "&"
		}
		f.HTTP.Path += sep + name + "=" + token
	}
	header := func(name, value string) { f.HTTP.Headers = append(f.HTTP.Headers, [2]string{name, value}) }
	var places []func()
	for _, h := range r.FromHeaders {
		places = append(places, func() { header(h.Name, h.Prefix+token) })
	}
	for _, p := range r.FromParams {
		places = append(places, func() { param(p) })
	}
	for _, c := range r.FromCookies {
		places = append(places, func() { header("cookie", "a=b; "+c+"="+token) })
	}
	if len(places) == 0 || g.chance(4) {
		bearer := func() { header("authorization", "Bearer "+token) }
		places = append(places, bearer, bearer, func() { header("Authorization", "Bearer "+token) }, func() { param("access_token") })
		if g.chance(15) {
			places = append(places, func() { header("authorization", pick(g, []string{"bearer ", "Basic ", "x Bearer "})+token) })
		}
	}
	pick(g, places)()
}
