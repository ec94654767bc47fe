package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/test"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const validationSeed, validationCount = 21, 9000

// validated is one line of the case file: an object, and what the API server and the webhook say of it.
type validated struct {
	Object  json.RawMessage `json:"object"`
	Refused string          `json:"refused,omitempty"` // by the schema of the CRD or by istiod's webhook
	By      string          `json:"by,omitempty"`
	Warned  string          `json:"warned,omitempty"`
}

// recordValidation draws objects, right and wrong, and records what becomes of each.
func (r *recorder) recordValidation(topic string) error {
	var schemas *crdvalidation.Validator
	if err := test.Wrap(func(t test.Failer) { schemas = crdvalidation.NewIstioValidator(t) }); err != nil {
		return err
	}
	g := &drawer{rand.New(rand.NewPCG(validationSeed, validationSeed))}
	f, err := os.Create(filepath.Join(r.out, topic+".jsonl.gz"))
	if err != nil {
		return err
	}
	defer f.Close()
	zip, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(zip)
	lines.SetEscapeHTML(false)
	lines.Encode(map[string]string{
		"istio": versions["ISTIO_RELEASE"], "istio_module": versions["ISTIO_MODULE"],
		"how": "the CRDs' schemas and rules, then istiod's validation",
	})
	seen := map[string]bool{}
	counts := map[string]int{}
	for range validationCount {
		object := toJSON(g.object())
		if seen[object] {
			continue
		}
		seen[object] = true
		line := judge(schemas, object)
		counts[firstOf(line.By, "accepted")]++
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	say("wrote", topic, counts)
	return zip.Close()
}

func judge(schemas *crdvalidation.Validator, object string) validated {
	out := validated{Object: json.RawMessage(object)}
	u := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(object), u); err != nil {
		out.Refused, out.By = oneLine(err), "schema"
		return out
	}
	// The API server drops nulls before it validates (apiextensions PruneNonNullableNullsWithoutDefaults); no
	// field of these kinds may hold one.
	pruneNulls(u.Object)
	object = toJSON(u.Object)
	if err := schemas.ValidateCustomResource(u); err != nil {
		out.Refused, out.By = oneLine(err), "schema"
		return out
	}
	warning, err := webhook([]byte(object))
	if err != nil {
		out.Refused, out.By = oneLine(err), "webhook"
	}
	if warning != nil {
		out.Warned = oneLine(warning)
	}
	return out
}

func pruneNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if field == nil {
				delete(v, name)
			}
			pruneNulls(field)
		}
	case []any:
		for _, item := range v {
			pruneNulls(item)
		}
	}
}

func webhook(object []byte) (validation.Warning, error) {
	var obj crd.IstioKind
	if err := json.Unmarshal(object, &obj); err != nil {
		return nil, err
	}
	gvk := obj.GroupVersionKind()
	schema, ok := collections.All.FindByGroupVersionAliasesKind(resource.FromKubernetesGVK(&gvk))
	if !ok {
		return nil, fmt.Errorf("unknown kind %v", gvk)
	}
	cfg, err := crd.ConvertObject(schema, &obj, "cluster.local")
	if err != nil {
		return nil, err
	}
	return schema.ValidateConfig(config.Config(*cfg))
}

func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > 200 {
		text = text[:200]
	}
	return text
}

// drawer draws objects that are mostly right and wrong in one or two places.
type drawer struct{ *rand.Rand }

type anyFields = map[string]any

func (g *drawer) in(n int) bool { return g.IntN(n) == 0 }

func draw[T any](g *drawer, from ...T) T { return from[g.IntN(len(from))] }

// may sets the field in one of n objects.
func (g *drawer) may(f anyFields, n int, name string, make func() any) {
	if g.in(n) {
		f[name] = make()
	}
}

func (g *drawer) values(right []string, wrong ...string) any {
	out := []string{}
	for range 1 + g.IntN(3) {
		if len(wrong) > 0 && g.in(12) {
			out = append(out, draw(g, wrong...))
		} else {
			out = append(out, draw(g, right...))
		}
	}
	if g.in(40) {
		return []string{}
	}
	return out
}

func (g *drawer) object() anyFields {
	meta := anyFields{"name": draw(g, "p", "p", "a.b", "x-1"), "namespace": draw(g, "foo", "foo", "istio-system")}
	kind := draw(g, "AuthorizationPolicy", "AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication")
	var spec any
	switch kind {
	case "AuthorizationPolicy":
		spec = g.authorization()
		if g.in(10) {
			meta["annotations"] = anyFields{"istio.io/dry-run": draw(g, "true", "false", "maybe", "", "1", "T")}
		}
	case "RequestAuthentication":
		spec = g.requestAuthentication()
	default:
		spec = g.peerAuthentication()
	}
	out := anyFields{
		"apiVersion": "security.istio.io/" + draw(g, "v1", "v1", "v1beta1"), "kind": kind, "metadata": meta, "spec": spec,
	}
	if g.in(60) {
		delete(out, "spec")
	}
	return out
}

func (g *drawer) selector() any {
	right := anyFields{"matchLabels": anyFields{"app": "api"}}
	if !g.in(5) {
		return right
	}
	return draw[any](g,
		anyFields{"matchLabels": anyFields{"app": "api", "v": "1"}},
		anyFields{"matchLabels": anyFields{}}, anyFields{}, anyFields{"matchLabels": anyFields{"app": ""}},
		anyFields{"matchLabels": anyFields{"a.b/c": "x"}}, anyFields{"matchLabels": anyFields{"": "x"}},
		anyFields{"matchLabels": anyFields{"app": "*"}}, anyFields{"matchLabels": anyFields{"app*": "x"}},
		anyFields{"matchLabels": anyFields{"app": "a b"}}, anyFields{"matchLabels": anyFields{"app": strings.Repeat("x", 64)}},
		anyFields{"matchLabels": anyFields{"app": 7}}, anyFields{"matchLabel": anyFields{"app": "x"}},
		anyFields{"matchLabels": anyFields{"a b": "x"}},
	)
}

func (g *drawer) reference() anyFields {
	out := anyFields{"kind": draw(g, "Gateway", "Service", "Service", "GatewayClass", "ServiceEntry"), "name": "w"}
	if g.in(8) {
		out["kind"] = draw(g, "Pod", "", "service")
	}
	if g.in(12) {
		out["name"] = ""
	}
	out["group"] = map[any]string{
		"Gateway": "gateway.networking.k8s.io", "GatewayClass": "gateway.networking.k8s.io",
		"ServiceEntry": "networking.istio.io",
	}[out["kind"]]
	if g.in(6) {
		out["group"] = draw(g, "", "core", "gateway.networking.k8s.io", "networking.istio.io", "x.example")
	}
	g.may(out, 6, "namespace", func() any { return draw(g, "", "foo", "bar") })
	if g.in(20) {
		delete(out, draw(g, "kind", "name", "group"))
	}
	return out
}

func (g *drawer) references(f anyFields) {
	if f["selector"] != nil && !g.in(8) {
		return
	}
	g.may(f, 4, "targetRefs", func() any {
		out := []any{}
		for range draw(g, 0, 1, 1, 1, 1, 1, 2, 2, 17) {
			out = append(out, g.reference())
		}
		return out
	})
	g.may(f, 14, "targetRef", func() any { return g.reference() })
}

func (g *drawer) authorization() any {
	f := anyFields{}
	g.may(f, 2, "selector", g.selector)
	g.references(f)
	g.may(f, 2, "action", func() any {
		return g.action()
	})
	if f["action"] == "CUSTOM" && !g.in(8) || g.in(20) {
		f["provider"] = draw(g, anyFields{"name": "ext"}, anyFields{"name": "ext"}, anyFields{"name": ""}, anyFields{})
	}
	if !g.in(10) {
		rules := []any{}
		for range draw(g, 0, 1, 1, 1, 2) {
			rules = append(rules, g.rule())
		}
		f["rules"] = rules
	}
	return f
}

func (g *drawer) action() any {
	if g.in(12) {
		return draw[any](g, "allow", "", "LOG", 1)
	}
	return draw[any](g, "ALLOW", "DENY", "DENY", "AUDIT", "CUSTOM")
}

func (g *drawer) rule() any {
	f := anyFields{}
	g.may(f, 2, "from", func() any { return g.list(func() any { return g.wrapped("source", g.source) }) })
	g.may(f, 2, "to", func() any { return g.list(func() any { return g.wrapped("operation", g.operation) }) })
	g.may(f, 3, "when", func() any { return g.list(g.when) })
	return f
}

func (g *drawer) list(make func() any) any {
	out := []any{}
	for range draw(g, 1, 1, 1, 2, 0) {
		out = append(out, make())
	}
	return out
}

func (g *drawer) wrapped(name string, make func() anyFields) any {
	if g.in(40) {
		return anyFields{}
	}
	return anyFields{name: make()}
}

var (
	plainValues   = []string{"a", "b", "*", "a*", "*a", "cluster.local/ns/foo/sa/web", "*/sa/web"}
	accountValues = []string{"web", "foo/web", "bar/other"}
	blockValues   = []string{"10.0.0.1", "10.0.0.0/8", "10.0.0.7/8", "fd00::1", "fd00::/8", "::ffff:10.0.0.1"}
	portValues    = []string{"80", "8080", "1", "65535"}
	pathValues    = []string{"/a", "/a*", "*/a", "*", "/a/{*}", "/a/{**}", "/{*}/b", "/a/{**}/b", "/a//b", "a", "/a/{*}/{**}", "/a*b"}
)

func (g *drawer) source() anyFields {
	f := anyFields{}
	for _, not := range []string{"", "not"} {
		name := func(text string) string {
			if not == "" {
				return text
			}
			return not + strings.ToUpper(text[:1]) + text[1:]
		}
		g.may(f, 6, name("principals"), func() any { return g.values(plainValues, "") })
		g.may(f, 8, name("requestPrincipals"), func() any { return g.values(plainValues, "") })
		g.may(f, 8, name("namespaces"), func() any { return g.values(plainValues, "") })
		g.may(f, 9, name("serviceAccounts"), func() any {
			return g.values(accountValues, "", "*", "a*", "a/b/c", "/web", "foo/", strings.Repeat("s", 321), "foo/*", "A/B")
		})
		g.may(f, 8, name("ipBlocks"), func() any {
			return g.values(blockValues, "", "10.0.0", "10.0.0.0/33", "*", "10.0.0.0/8/8", "fe80::1%eth0", "010.0.0.1", "10.*")
		})
		g.may(f, 10, name("remoteIpBlocks"), func() any { return g.values(blockValues, "", "x", "10.0.0.0/-1") })
		g.may(f, 14, name("trustDomains"), func() any { return g.values([]string{"td", "*", "t*", "*d"}, "", "a/b", "*a*", "a*b*") })
	}
	if g.in(60) {
		f["principal"] = []string{"a"}
	}
	return f
}

func (g *drawer) operation() anyFields {
	f := anyFields{}
	for _, not := range []string{"", "not"} {
		name := func(text string) string {
			if not == "" {
				return text
			}
			return not + strings.ToUpper(text[:1]) + text[1:]
		}
		g.may(f, 6, name("hosts"), func() any { return g.values(plainValues, "") })
		g.may(f, 6, name("ports"), func() any {
			return g.values(portValues, "", "0", "65536", "-1", "http", "80*", "*", "80-90", "+80", "080", " 80")
		})
		g.may(f, 6, name("methods"), func() any { return g.values([]string{"GET", "get", "G*", "*"}, "") })
		g.may(f, 4, name("paths"), func() any {
			return g.values(pathValues, "", "/{x}", "/a{*}", "/{**}/{*}", "/{**}/{**}", "/{*}/a*", "/{*}//b", "{*}", "/{", "/a/{*", "/{*}/[b]", "/{**}/x/{*}", "/{*}b/{**}")
		})
	}
	if g.in(60) {
		f["port"] = []string{"80"}
	}
	return f
}

var conditionKeys = []string{
	"request.headers[x]", "request.headers[X-y]", "source.ip", "remote.ip", "source.namespace", "source.principal",
	"request.auth.principal", "request.auth.audiences", "request.auth.presenter", "request.auth.claims[a]",
	"request.auth.claims[a][b]", "destination.ip", "destination.port", "connection.sni", "source.serviceAccount",
	"source.trustDomain", "experimental.envoy.filters.network.x[y]",
}

func (g *drawer) when() any {
	key := draw(g, conditionKeys...)
	if g.in(8) {
		key = draw(g, "", "request.headers", "request.headers[]", "request.headers[x", "request.auth.claims", "request.auth.claims[]",
			"source.user", "destination.namespace", "request.regex.headers[x]", "experimental.envoy.filters.a", "experimental.a[b]",
			"request.headers[x]y", "Request.headers[x]", "destination.labels[a]", "request.auth.claims[a]b", "request.auth.claims[a][]")
	}
	right := []string{"a", "a*", "*", "*b"}
	wrong := []string{"", "*a*"}
	switch key {
	case "source.ip", "remote.ip", "destination.ip":
		right, wrong = blockValues, []string{"", "x", "*"}
	case "destination.port":
		right, wrong = portValues, []string{"", "x", "0", "65536"}
	case "source.serviceAccount":
		right, wrong = accountValues, []string{"", "*", "a/b/c"}
	case "experimental.envoy.filters.network.x[y]":
		right = append([]string{"[a]", "[*]", "[]"}, right...)
	}
	f := anyFields{"key": key}
	if !g.in(4) {
		f["values"] = g.values(right, wrong...)
	}
	g.may(f, 4, "notValues", func() any { return g.values(right, wrong...) })
	if g.in(60) {
		delete(f, "key")
	}
	return f
}

func (g *drawer) peerAuthentication() any {
	f := anyFields{}
	g.may(f, 2, "selector", g.selector)
	mode := func() any {
		if !g.in(8) {
			return anyFields{"mode": draw(g, "STRICT", "PERMISSIVE", "DISABLE", "UNSET")}
		}
		return draw[any](g, anyFields{"mode": "STRICT"}, anyFields{"mode": "PERMISSIVE"}, anyFields{"mode": "DISABLE"}, anyFields{"mode": "UNSET"},
			anyFields{}, anyFields{"mode": "strict"}, anyFields{"mode": ""}, anyFields{"mode": 3}, nil)
	}
	g.may(f, 2, "mtls", mode)
	if f["selector"] == nil && !g.in(8) {
		return f
	}
	g.may(f, 2, "portLevelMtls", func() any {
		out := anyFields{}
		for range draw(g, 0, 1, 1, 1, 1, 2, 2) {
			out[draw(g, "80", "8080", "81", "443", "1", "65535", "8443", "9000", "90", "0", "65536", "http", "-1", "080", "4294967376")] = mode()
		}
		return out
	})
	return f
}

const keySet = `{"keys":[{"kty":"RSA","e":"AQAB","kid":"k","n":"xAE7eB6qugXyCAG3yhh7pkDkT65pHymX-P7KfIupjf59vsdo91bSP9C8H07pSAGQO1MV_xFj9VswgsCg4R6otmg5PV2He95lZdHtOcU5DXIg_pbhLdKXbi66GlVeK6ABZOUW3WYtnNHD-91gVuoeJT_DwtGGcp4ignkgXfkiEm4sw-4sfb4qdt5oLbyVpmW6x9cfa7vs2WTfURiCrBoUqgBo_-4WTiULmmHSGZHOjzwa8WtrtOQGsAFjIbno85jp6MnGGGZPYZbDAa_b3y5u-YpW7ypZrvD8BgtKVjgtQgZhLAGezMt0ua3DRrWnKqTZ0BJ_EyxOGuHJrLsn00fnMQ"}]}`

func (g *drawer) requestAuthentication() any {
	f := anyFields{}
	g.may(f, 3, "selector", g.selector)
	g.references(f)
	if !g.in(12) {
		rules := []any{}
		for range draw(g, 1, 1, 1, 1, 1, 1, 2, 0) {
			rules = append(rules, g.jwtRule())
		}
		f["jwtRules"] = rules
	}
	return f
}

func (g *drawer) jwtRule() any {
	f := anyFields{"issuer": draw(g, "https://a.example", "a", "a@b.example", "b", "c", "")}
	if g.in(20) {
		delete(f, "issuer")
	}
	g.may(f, 4, "audiences", func() any { return g.values([]string{"x", "y"}, "") })
	g.may(f, 3, "jwksUri", func() any {
		return draw(g, "https://a.example/keys", "http://a.example:8080/k", "https://a.example/keys", "ftp://a.example", "a.example/keys",
			"https://", "https://a.example:x/", "", "https://a.example:99999/", "https://a b/", "HTTPS://a.example")
	})
	g.may(f, 3, "jwks", func() any {
		return draw(g, keySet, keySet, "{}", `{"keys":[]}`, "no", "", `{"keys":[{"kty":"RSA"}]}`, `{"keys":[{"kty":"XX","n":"a"}]}`, `{"keys":{}}`, `[]`)
	})
	g.may(f, 4, "fromHeaders", func() any {
		return g.list(func() any {
			return draw[any](g, anyFields{"name": "x-a"}, anyFields{"name": "x-a", "prefix": "Bearer "}, anyFields{"name": "Authorization", "prefix": ""},
				anyFields{"name": ""}, anyFields{}, anyFields{"name": "a b"}, anyFields{"name": "x-a", "prefix": "p"})
		})
	})
	g.may(f, 6, "fromParams", func() any { return g.values([]string{"t", "access_token"}, "") })
	g.may(f, 6, "fromCookies", func() any { return g.values([]string{"t", "session"}, "") })
	g.may(f, 8, "outputPayloadToHeader", func() any { return draw(g, "x-p", "", "a b", ":path") })
	g.may(f, 6, "outputClaimToHeaders", func() any {
		return g.list(func() any {
			return draw[any](g, anyFields{"header": "x-c", "claim": "sub"}, anyFields{"header": "x-c", "claim": "a.b"}, anyFields{"header": "", "claim": "a"},
				anyFields{"header": "x-c", "claim": ""}, anyFields{"header": "a b", "claim": "c"}, anyFields{"claim": "c"}, anyFields{"header": "X_y", "claim": "c"},
				anyFields{"header": "x.y", "claim": "c"})
		})
	})
	g.may(f, 8, "forwardOriginalToken", func() any { return draw[any](g, true, false, "true") })
	g.may(f, 8, "timeout", func() any { return draw(g, "5s", "1m", "0s", "-1s", "abc", "0.5s", "1ms", "") })
	g.may(f, 8, "spaceDelimitedClaims", func() any { return g.values([]string{"scope", "roles"}, "", "a b") })
	if g.in(60) {
		f["jwks_uri"] = "https://a.example/keys"
	}
	return f
}
