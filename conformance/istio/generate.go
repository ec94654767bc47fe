package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// generatedFixture is the cluster of every generated scenario.
//
//go:embed scenarios/generated.yaml
var generatedFixture string

// topic is one generated case file. Its seed is its own, so that changing one leaves the others alone.
type topic struct {
	name  string
	seed  uint64
	count int
	make  func(*generator, int) *scenario
}

var topics = []topic{
	{"generated-http", 11, 500, (*generator).httpScenario},
	{"generated-tcp", 12, 160, (*generator).tcpScenario},
	{"generated-identity", 13, 160, (*generator).identityScenario},
	{"generated-paths", 14, 220, (*generator).pathScenario},
	{"generated-jwt", 15, 240, (*generator).jwtScenario},
	{"generated-mtls", 16, 150, (*generator).mtlsScenario},
	{"generated-custom", 17, 120, (*generator).customScenario},
	{"generated-gateway", 18, 150, (*generator).gatewayScenario},
	{"generated-tokens", 20, 110, (*generator).tokenScenario},
	{waypointTopic, 19, 240, (*generator).waypointScenario},
}

const (
	waypointTopic = "generated-waypoint"
	waypointHow   = "istiod's waypoint listeners in Envoy; ztunnel's rules in its source's words where no waypoint is"
)

const perProxy = 200 // scenarios in one Envoy

// recordTopic generates, runs and writes one topic.
func (r *recorder) recordTopic(t topic) error {
	g := &generator{Rand: rand.New(rand.NewPCG(t.seed, t.seed)), keys: r.keys, now: time.Now()}
	var all []*scenario
	for i := range t.count {
		s := t.make(g, i)
		s.name = fmt.Sprintf("%s-%03d", t.name, i)
		s.manifests = strings.ReplaceAll(s.manifests, "127.0.2.", fmt.Sprintf("127.3.%d.", i%perProxy))
		all = append(all, s)
	}
	for start := 0; start < len(all); start += perProxy {
		if err := r.recordBatch(all[start:min(start+perProxy, len(all))]); err != nil {
			return err
		}
	}
	for _, s := range all {
		s.cases = slices.DeleteFunc(s.cases, malformed)
	}
	if t.name == waypointTopic {
		return r.writeAs(t.name, waypointHow, all)
	}
	return r.write(t.name, all)
}

// malformed tells that Envoy refused the request itself; hand-written scenarios hold such cases.
func malformed(c *recordedCase) bool {
	return c.Expect.ClientSees != nil && c.Expect.ClientSees.Status == http.StatusBadRequest
}

// generator draws policies and the requests beside their literals.
type generator struct {
	*rand.Rand
	keys *keyring
	now  time.Time
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// some draws one to n values.
func some(g *generator, n int, draw func() string) []string {
	var out []string
	for range 1 + g.IntN(n) {
		out = append(out, draw())
	}
	return out
}

// object renders one document; JSON is YAML, and quotes every string.
func object(kind, api, namespace, name string, annotations map[string]string, spec any) string {
	meta := map[string]any{"name": name, "namespace": namespace}
	if len(annotations) > 0 {
		meta["annotations"] = annotations
	}
	m, _ := json.Marshal(meta)
	s := toJSON(spec)
	return fmt.Sprintf("---\napiVersion: %s\nkind: %s\nmetadata: %s\nspec: %s\n", api, kind, m, s)
}

func toJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(v)
	return strings.TrimSpace(b.String())
}

// valid tells whether the webhook would take the documents.
func valid(documents string) bool {
	c, err := parseCluster(documents, false)
	return err == nil && len(c.rejected) == 0
}

// wild turns a literal into one of the value forms.
func (g *generator) wild(v string) string {
	switch g.IntN(12) {
	case 0:
		return "*"
	case 1, 2:
		return v[:1+g.IntN(len(v))] + "*"
	case 3, 4:
		return "*" + v[g.IntN(len(v)):]
	case 5:
		i := g.IntN(len(v))
		return v[:i] + "*" + v[i:]
	case 6:
		return "*" + v[len(v)/3:len(v)-len(v)/4] + "*"
	default:
		return v
	}
}

// match draws a text that the value form matches, or is meant to.
func (g *generator) match(form string) string {
	filler := pick(g, []string{"", "x", "abc", "z-1"})
	switch {
	case form == "*":
		return pick(g, []string{"any", "x", "value"})
	case strings.HasPrefix(form, "*"):
		return filler + form[1:]
	case strings.HasSuffix(form, "*"):
		return form[:len(form)-1] + filler
	case g.chance(10):
		return strings.ReplaceAll(form, "*", filler)
	}
	return form
}

// near draws a text just beside the one given.
func (g *generator) near(v string) string {
	if v == "" {
		return "x"
	}
	i := g.IntN(len(v))
	switch g.IntN(6) {
	case 0:
		return v + pick(g, []string{"x", "/", ".", "-", "0"})
	case 1:
		return v[:len(v)-1]
	case 2:
		return swapCase(v, i)
	case 3:
		return "x" + v
	case 4:
		return strings.ReplaceAll(v, ".", "x")
	}
	return v[:i] + pick(g, []string{"q", "-", "."}) + v[i:]
}

func swapCase(v string, i int) string {
	c := v[i : i+1]
	if u := strings.ToUpper(c); u != c {
		return v[:i] + u + v[i+1:]
	}
	return v[:i] + strings.ToLower(c) + v[i+1:]
}

func meshOf(parts ...string) string {
	text := ""
	for _, p := range parts {
		if p != "" {
			text += p + "\n"
		}
	}
	if text == "" {
		return ""
	}
	return meshConfigMap(text)
}
