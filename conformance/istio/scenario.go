package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// scenario is one set of manifests with the flows to ask of it.
type scenario struct {
	name, about string
	options     map[string]any
	manifests   string
	cases       []*recordedCase
	jwt         bool
	flags       []string
	application application
	clients     bool // what clients send is istiod's word: their outbound clusters
	waypoints   bool // clients and servers are in ambient
}

// block is one `## name` section of a scenario file.
type block struct {
	name, about string
	settings    map[string]string
	fences      map[string]string
}

func readBlocks(path string) ([]*block, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []*block
	var b *block
	fence := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case fence != "":
			if line == "```" {
				fence = ""
			} else {
				b.fences[fence] += line + "\n"
			}
		case strings.HasPrefix(line, "## "):
			b = &block{name: strings.TrimPrefix(line, "## "), settings: map[string]string{}, fences: map[string]string{}}
			out = append(out, b)
		case b == nil:
		case strings.HasPrefix(line, "```"):
			fence = strings.TrimPrefix(line, "```")
		case strings.HasPrefix(line, "- "):
			k, v, _ := strings.Cut(strings.TrimPrefix(line, "- "), ":")
			b.settings[k] = strings.TrimSpace(v)
		case strings.TrimSpace(line) != "":
			b.about = strings.TrimSpace(b.about + " " + strings.TrimSpace(line))
		}
	}
	return out, nil
}

var placeholder = regexp.MustCompile(`\$\{(jwks|token):([^}]+)\}`)

// build makes the scenario of a block; subnet is the place of its servers, 127.0.2 in what the author wrote.
func (b *block) build(keys *keyring, subnet string, now time.Time) (*scenario, error) {
	tokens := map[string]string{}
	for line := range strings.Lines(b.fences["tokens"]) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		t, err := keys.mint(strings.TrimSpace(rest), now)
		if err != nil {
			return nil, fmt.Errorf("%s: token %s: %w", b.name, name, err)
		}
		tokens[name] = t
	}
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(m string) string {
			p := placeholder.FindStringSubmatch(m)
			if p[1] == "jwks" {
				return keys.jwks(p[2])
			}
			if t, ok := tokens[p[2]]; ok {
				return t
			}
			return m
		})
	}
	s := &scenario{name: b.name, about: b.about, options: map[string]any{}, jwt: len(tokens) > 0}
	manifests := ""
	switch b.settings["fixture"] {
	case "none":
	case "waypoint":
		manifests, s.waypoints = waypointFixture, true
	default:
		manifests = fixture
	}
	if m := b.fences["mesh"]; m != "" {
		manifests += meshConfigMap(m)
	}
	manifests = join(manifests, b.fences["yaml"])
	s.manifests = strings.ReplaceAll(fill(manifests), "127.0.2.", subnet+".")
	if v := b.settings["webhook"]; v != "" {
		s.options["webhook"] = v
	}
	if v := b.settings["flag"]; v != "" {
		s.options["istiod"] = map[string]string{v: "true"}
		s.flags = append(s.flags, v)
	}
	s.clients = b.settings["clients"] == "translated"
	s.application = application(b.settings["application"])
	for line := range strings.Lines(b.fences["flows"]) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c, err := parseFlow(fill(line))
		if err != nil {
			return nil, fmt.Errorf("%s: flow %q: %w", b.name, line, err)
		}
		if s.jwt {
			c.Flow.Now = now.UTC().Format(time.RFC3339)
		}
		s.cases = append(s.cases, c)
	}
	return s, nil
}

func join(parts ...string) string {
	out := ""
	for _, p := range parts {
		p = strings.Trim(p, "\n")
		p = strings.TrimPrefix(p, "---\n")
		if p == "" {
			continue
		}
		if out != "" {
			out += "---\n"
		}
		out += p + "\n"
	}
	return out
}

func meshConfigMap(text string) string {
	out := "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n"
	for line := range strings.Lines(text) {
		out += "    " + line
	}
	return out
}

// parseFlow reads `client server:port METHOD path [host=H] [h="Name: value"] [mtls=no|yes] [id=P] [tls=nocert] [sni=S]
// [ext=allow|deny|error] [=> allow|deny|STATUS]`, or TCP in place of method and path.
func parseFlow(line string) (*recordedCase, error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, err
	}
	if len(words) < 3 {
		return nil, fmt.Errorf("too short")
	}
	server, port, _ := strings.Cut(words[1], ":")
	if port == "" {
		port = "8080"
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	f := &flow{
		Source: peer{Workload: inFoo(words[0])}, Destination: workload{Workload: inFoo(server)},
		Port: uint32(number), Protocol: "TCP",
	}
	rest := words[3:]
	if words[2] != "TCP" {
		if len(words) < 4 {
			return nil, fmt.Errorf("no path")
		}
		f.HTTP = &request{Method: words[2], Path: words[3], Host: "api", Headers: [][2]string{}}
		rest = words[4:]
	}
	if called, ok := strings.CutPrefix(server, "@"); ok {
		f.Destination = workload{Service: inFoo(called)}
	}
	c := &recordedCase{Flow: f}
	for i, word := range rest {
		if word == "=>" {
			c.want = strings.Join(rest[i+1:], " ")
			break
		}
		if err := f.set(word); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (f *flow) set(word string) error {
	k, v, _ := strings.Cut(word, "=")
	switch k {
	case "host":
		f.HTTP.Host = v
	case "h":
		name, value, _ := strings.Cut(v, ":")
		f.HTTP.Headers = append(f.HTTP.Headers, [2]string{name, strings.TrimPrefix(value, " ")})
	case "mtls":
		on := v == "yes"
		f.Source.MTLS = &on
	case "id":
		f.Source.Principal = v
	case "tls":
		f.Source.TLSWithoutCertificate = true
	case "sni":
		f.TLS = &tlsAttributes{SNI: v}
	case "ext":
		f.ExtAuthz = map[string]string{"provider": v}
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return nil
}

func inFoo(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return "foo/" + name
}

// splitWords splits at blanks; a part in double quotes is a Go string.
func splitWords(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		word := ""
		for line != "" && line[0] != ' ' && line[0] != '\t' {
			if line[0] != '"' {
				word += line[:1]
				line = line[1:]
				continue
			}
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, err
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, err
			}
			word += text
			line = line[len(quoted):]
		}
		words = append(words, word)
	}
	return words, nil
}
