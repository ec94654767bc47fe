package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Tokens as an attacker, a careless client or an odd library writes them.

var (
	tokenKeys = []string{"k1", "k2", "rsa1", "p384a", "p521a", "ed1", "oct1"}
	tokenAlgs = []string{"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "HS256", "HS384", "HS512"}
)

// tokenScenario draws one or two providers with odd key sets and places, and odd tokens for them.
func (g *generator) tokenScenario(int) *scenario {
	var text string
	var rules []*jwtRule
	for {
		text, rules = g.oddAuthentications()
		if valid(text) {
			break
		}
	}
	text += g.jwtPolicies()
	s := &scenario{about: "Odd tokens, key sets and places.", options: map[string]any{}, manifests: join(generatedFixture, text), jwt: true}
	seen := map[string]bool{}
	for range 30 {
		f := &flow{
			Source: peer{Workload: "foo/web"}, Destination: workload{Workload: "foo/api"}, Port: 8080, Protocol: "TCP",
			HTTP: &request{Method: "GET", Path: pick(g, []string{"/a", "/b"}), Host: "api", Headers: [][2]string{}},
			Now:  g.now.UTC().Format(time.RFC3339),
		}
		for range pick(g, []int{1, 1, 1, 1, 1, 2, 3}) {
			r := pick(g, rules)
			g.oddPlace(f, r, g.oddToken(r))
		}
		if text := toJSON(f); !seen[text] && printable(f) {
			seen[text] = true
			s.cases = append(s.cases, &recordedCase{Flow: f})
		}
	}
	return s
}

// printable tells that the flow can be sent as lines.
func printable(f *flow) bool {
	text := f.HTTP.Path
	for _, h := range f.HTTP.Headers {
		text += h[1]
	}
	return !strings.ContainsAny(text, "\r\n\x00") && !strings.Contains(f.HTTP.Path, " ")
}

func (g *generator) oddAuthentications() (string, []*jwtRule) {
	text, all := "", []*jwtRule{}
	for i := range pick(g, []int{1, 1, 2}) {
		spec := &requestAuthSpec{}
		for range pick(g, []int{1, 1, 2}) {
			r := &jwtRule{Issuer: pick(g, issuers), JWKS: g.oddKeys()}
			if g.chance(30) {
				r.Audiences = some(g, 2, func() string { return pick(g, audiences) })
			}
			for g.chance(35) && len(r.FromHeaders) < 3 {
				r.FromHeaders = append(r.FromHeaders, tokenHeader{
					Name:   pick(g, []string{"x-token", "X-Token", "authorization", "x-other", "cookie"}),
					Prefix: pick(g, []string{"", "", "JWT ", "Bearer ", "Bearer", "t=", " ", "Token token=\"", "ey"}),
				})
			}
			for g.chance(20) && len(r.FromParams) < 2 {
				r.FromParams = append(r.FromParams, pick(g, []string{"tok", "access_token", "a b", "t%C3%B6k"}))
			}
			for g.chance(20) && len(r.FromCookies) < 2 {
				r.FromCookies = append(r.FromCookies, pick(g, []string{"session", "sid"}))
			}
			r.Forward = g.chance(30)
			if g.chance(30) {
				r.Spaces = pick(g, [][]string{{"roles"}, {"group", "roles"}, {"nested"}, {"nested.deep"}, {"aud"}})
			}
			for g.chance(35) && len(r.Output) < 3 {
				r.Output = append(r.Output, claimHeader{pick(g, []string{"x-claim", "X-Claim", "x-token"}), pick(g, []string{"sub", "group", "nested.deep", "n", "roles", "nested", "scope", "missing", "exp"})})
			}
			if g.chance(20) {
				r.Payload = pick(g, []string{"x-payload", "x-claim"})
			}
			spec.Rules = append(spec.Rules, r)
			all = append(all, r)
		}
		text += object("RequestAuthentication", "security.istio.io/v1", pick(g, []string{"foo", "foo", "istio-system"}), fmt.Sprintf("r%d", i), nil, spec)
	}
	return text, all
}

// oddKeys draws a key set; one key in it is always usable, or Envoy would refuse the listener.
func (g *generator) oddKeys() string {
	keys := []any{g.keys.jwk("k1")}
	for range g.IntN(5) {
		name := pick(g, tokenKeys)
		k := g.keys.jwk(name)
		if g.chance(35) {
			delete(k, "kid")
		}
		switch g.IntN(6) {
		case 0, 1:
			delete(k, "alg")
		case 2:
			k["alg"] = pick(g, tokenAlgs)
		}
		if g.chance(10) {
			k["kid"] = pick(g, []string{"k1", "", "other"})
		}
		if g.chance(10) {
			k["use"] = pick(g, []string{"sig", "enc"})
		}
		if g.chance(8) {
			delete(k, "crv")
		}
		keys = append(keys, k)
	}
	g.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	out, _ := json.Marshal(map[string]any{"keys": keys})
	return string(out)
}

// oddToken draws header and payload as text, signs them, and spoils the result now and then.
func (g *generator) oddToken(r *jwtRule) string {
	name := pick(g, tokenKeys)
	if g.chance(60) {
		name = "k1"
	}
	key := g.keys.key(name)
	alg := naturalAlg(key)
	if g.chance(15) {
		alg = pick(g, tokenAlgs)
	}
	head := []string{fmt.Sprintf(`"alg":%q`, alg)}
	if g.chance(6) {
		head[0] = pick(g, []string{`"alg":"none"`, `"alg":"es256"`, `"alg":7`, `"alg":null`, `"x":1`, `"alg":"\u0045S256"`, `"alg":["ES256"]`, `"alg":""`, `alg:"ES256"`, `'alg':'ES256'`})
	}
	switch g.IntN(20) {
	case 0, 1, 2, 4, 5:
	case 3:
		head = append(head, pick(g, []string{`"kid":"other"`, `"kid":""`, `"kid":7`, `"kid":null`, `"kid":["k1"]`, `"kid":"k2"`, `"KID":"k2"`}))
	default:
		head = append(head, fmt.Sprintf(`"kid":%q`, name))
	}
	if g.chance(15) {
		head = append(head, pick(g, []string{`"typ":"JWT"`, `"typ":7`, `"crit":["exp"]`, `"b64":false`, `"crit":["b64"],"b64":false`, `"cty":"JWT"`, `"jku":"http://x"`, `"jwk":{"kty":"oct","k":"YQ"}`, `"x5c":["a"]`, `"kid":"k1"`, `"alg":"ES256"`}))
	}
	body := g.oddClaims(r)
	signed := g.encode("{"+strings.Join(head, ",")+"}") + "." + g.encode(body)
	sig, err := sign(key, alg, signed)
	if err != nil {
		panic(err) // our own keys
	}
	if g.chance(4) {
		sig[g.IntN(len(sig))] ^= 1
	}
	if g.chance(3) {
		sig = sig[:len(sig)-1-g.IntN(3)]
	}
	token := signed + "." + g.encodeBytes(sig)
	switch g.IntN(100) {
	case 0:
		token = strings.Replace(token, ".", "..", 1)
	case 1:
		token += "."
	case 2:
		token = "." + token
	case 3:
		token += ".x"
	case 4:
		token = signed
	case 5:
		token = signed + "."
	case 6:
		token = pick(g, []string{"", "x", "..", "a.b.c", "e30.e30.", "e30.e30.YQ", "null", "undefined"})
	}
	return token
}

func (g *generator) encode(text string) string { return g.encodeBytes([]byte(text)) }

func (g *generator) encodeBytes(raw []byte) string {
	out := b64.EncodeToString(raw)
	switch g.IntN(150) {
	case 0:
		for len(out)%4 != 0 {
			out += "="
		}
	case 1:
		out = strings.NewReplacer("-", "+", "_", "/").Replace(out)
	case 2:
		out += "="
	case 3:
		i := g.IntN(len(out) + 1)
		out = out[:i] + pick(g, []string{" ", "\t", "!", "%41", "é"}) + out[i:]
	}
	return out
}

func (g *generator) oddClaims(r *jwtRule) string {
	issuer := fmt.Sprintf(`"iss":%q`, r.Issuer)
	if g.chance(8) {
		issuer = pick(g, []string{`"iss":"unknown"`, `"iss":7`, `"iss":null`, `"iss":["a"]`, `"iss":""`, `"ISS":"a"`, `"x":1`, `"iss":"a "`, `"iss":"\u0061"`})
	}
	c := []string{issuer}
	switch {
	case g.chance(10):
		c = append(c, pick(g, []string{`"sub":""`, `"sub":7`, `"sub":null`, `"sub":"al\u0069ce"`, `"sub":"é"`}))
	case g.chance(90):
		c = append(c, fmt.Sprintf(`"sub":%q`, pick(g, subjects)))
	}
	at := func(d time.Duration) string { return fmt.Sprint(g.now.Add(d).Unix()) }
	switch g.IntN(12) {
	case 0:
		c = append(c, `"exp":`+pick(g, []string{at(-10 * time.Minute), at(-30 * time.Second), at(24*time.Hour) + ".5", `"` + at(24*time.Hour) + `"`, "0", "-1", "-0", "1e30", "1e18", "18446744073709551615", "18446744073709551616", "9223372036854775807", "4102444800.999", "4.1024448e9", "0.5", "null", "true", "[1]", "1e400", "NaN", "00", "1."}))
	case 1:
		c = append(c, `"exp":`+at(24*time.Hour), `"nbf":`+pick(g, []string{at(-time.Hour), at(30 * time.Second), at(20 * time.Minute), `"` + at(-time.Hour) + `"`, "0", "-5", "1e30", "null", "0.5", at(-time.Hour) + ".9"}))
	case 2:
		c = append(c, `"exp":`+at(24*time.Hour), `"iat":`+pick(g, []string{at(-time.Hour), at(20 * time.Minute), `"x"`, "-5", "1e30", "null", "true", "0"}))
	default:
		c = append(c, `"exp":`+at(24*time.Hour))
	}
	switch {
	case len(r.Audiences) > 0 && g.chance(60):
		c = append(c, fmt.Sprintf(`"aud":%q`, pick(g, r.Audiences)))
	case g.chance(25):
		c = append(c, pick(g, []string{`"aud":"app"`, `"aud":["other","app"]`, `"aud":[]`, `"aud":["app",7]`, `"aud":null`, `"aud":{"app":1}`, `"aud":"app other"`, `"aud":""`, `"aud":[""]`, `"aud":"http://web.example"`, `"aud":"https://web.example//"`, `"aud":"https://https://web.example"`, `"aud":["https://app/"]`, `"aud":true`}))
	}
	for _, extra := range []string{
		pick(g, []string{`"group":"admin"`, `"group":["user","admin"]`, `"group":[["admin"]]`, `"group":7`, `"group":[7,"admin"]`, `"group":{"admin":1}`, `"group":null`, `"group":true`, `"group":""`, `"group":[]`, `"group":"admin user"`, `"group":" admin  user "`, `"group":"a\"b<c>&'d"`, `"group":["a\"b","<c>"]`, `"group":"é"`, `"group":["é"]`}),
		pick(g, []string{`"scope":"read write"`, `"scope":"read"`, `"scope":["read write"]`, `"scope":" "`, `"scope":"  read  "`, `"scope":"read\twrite"`, `"scope":7`, `"scope":""`}),
		pick(g, []string{`"roles":"admin user"`, `"roles":["admin"]`, `"roles":"admin"`, `"roles":{"a":"admin user"}`}),
		pick(g, []string{`"nested":{"deep":"admin"}`, `"nested":{"deep":["user"]}`, `"nested.deep":"admin"`, `"nested":"admin"`, `"nested":{"deep":{"deep":"admin"}}`, `"nested":[{"deep":"admin"}]`, `"nested":{"deep":7}`, `"nested":{"deep":"admin user"}`, `"nested":{"deep":null}`, `"nested":{"a":1,"b":"x"}`, `"nested":{}`}),
		pick(g, []string{`"n":7`, `"n":"7"`, `"n":true`, `"n":7.5`, `"n":-7`, `"n":1e21`, `"n":0.1`, `"n":1e-7`, `"n":123456789.123456789`, `"n":18446744073709551616`, `"n":false`, `"n":null`, `"n":-0`, `"n":4294967296`}),
		pick(g, []string{`"azp":"app"`, `"azp":["app"]`, `"azp":7`}),
		pick(g, []string{`"jti":"x"`, `"jti":"x"`, `"jti":"x"`, `"jti":"x"`, `"jti":"x"`, `"jti":7`, `"jti":null`}),
		pick(g, []string{`"permission":"read write"`, `"permission":["read"]`}),
	} {
		if g.chance(30) {
			c = append(c, extra)
		}
	}
	if g.chance(8) {
		c = append(c, pick(g, []string{`"iss":"a"`, `"sub":"alice"`, `"group":"x","group":"admin"`, `x:1`, `'y':'z'`, `"z":[1,]`, `"deep":` + strings.Repeat("[", 99) + strings.Repeat("]", 99), `"deep":` + strings.Repeat("[", 98) + strings.Repeat("]", 98), `"bad":"\ud800"`, `"c":"a\u0000b"`, ``, `"t":tru`, `"u":"\x"`}))
	}
	body := "{" + strings.Join(c, ",") + "}"
	switch g.IntN(60) {
	case 0:
		body = pick(g, []string{"", "null", "[]", `"x"`, "7", "{}", " {} ", "{}{}", "{", body + " ", "\ufeff" + body, body + "x"})
	case 1:
		body = strings.ReplaceAll(body, ":", " : ")
	}
	return body
}

// oddPlace puts the token where its rule looks, or nearly.
func (g *generator) oddPlace(f *flow, r *jwtRule, token string) {
	header := func(name, value string) { f.HTTP.Headers = append(f.HTTP.Headers, [2]string{name, value}) }
	param := func(name string) {
		value := token
		switch g.IntN(6) {
		case 0:
			value = url.QueryEscape(token)
		case 1:
			value = strings.ReplaceAll(token, ".", "%2e")
		case 2:
			value = strings.ReplaceAll(token, "e", "%65")
		}
		name = pick(g, []string{url.QueryEscape(name), name, strings.ReplaceAll(name, "o", "%6f")})
		more := pick(g, []string{"", "", "", "z=1&", "&", name + "=nonsense&", name + "&", "=&"})
		after := pick(g, []string{"", "", "", "&z=1", "&", "#x", "&" + name + "=nonsense", ";a=b"})
		sep := "?"
		if strings.Contains(f.HTTP.Path, "?") {
			sep = "&"
		}
		f.HTTP.Path += sep + more + name + "=" + value + after
	}
	var places []func()
	for _, h := range r.FromHeaders {
		places = append(places, func() {
			value := h.Prefix + token
			switch g.IntN(14) {
			case 0:
				value = h.Prefix + " " + token
			case 1:
				value = token
			case 2:
				value = "x" + value
			case 3:
				value = strings.ToLower(h.Prefix) + token
			case 4:
				value += pick(g, []string{" tail", ",x", "\"", ";", "=", "/x", " " + h.Prefix + "nonsense"})
			case 5:
				value = h.Prefix + "\"" + token + "\""
			case 6:
				value = h.Prefix + h.Prefix + token
			case 7:
				value = h.Prefix
			}
			header(pick(g, []string{h.Name, strings.ToUpper(h.Name)}), value)
		})
	}
	for _, p := range r.FromParams {
		places = append(places, func() { param(p) })
	}
	for _, c := range r.FromCookies {
		places = append(places, func() {
			pair := pick(g, []string{c + "=" + token, c + "=\"" + token + "\"", c + " =" + token, c + "= " + token, strings.ToUpper(c) + "=" + token, c + "=" + token + "=", c})
			header("cookie", pick(g, []string{pair, "a=b; " + pair, pair + "; a=b", "a=b;" + pair, pair + "; " + c + "=nonsense", c + "=; " + pair}))
		})
	}
	if len(places) == 0 || g.chance(6) {
		bearer := func() {
			header("Authorization", pick(g, []string{"Bearer ", "Bearer ", "Bearer ", "bearer ", "BEARER ", "Bearer  ", "Bearer\t", "Bearer: ", "Bearer", "Token ", "xBearer ", "Bearer Bearer ", "Bearer ,"})+token+pick(g, []string{"", "", "", "", " ", " x", ",", "\""}))
		}
		places = append(places, bearer, bearer, func() { param("access_token") })
	}
	pick(g, places)()
}
