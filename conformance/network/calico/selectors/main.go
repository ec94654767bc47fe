// Command selectors asks Calico's own selector parser what our selectors mean.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/projectcalico/calico/libcalico-go/lib/selector"

	"mayreach.dev/conformance/network/cases"
)

const seed = 4

// answer is what the parser says of one selector. A case is [labels, matches].
type answer struct {
	Selector  string   `json:"selector"`
	Valid     bool     `json:"valid"`
	Canonical *string  `json:"canonical,omitempty"`
	Error     string   `json:"error,omitempty"`
	Cases     [][2]any `json:"cases,omitempty"`
}

func main() {
	out := flag.String("out", "", "the folder to write the recorded cases to")
	flag.Parse()
	if err := record(*out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func record(out string) error {
	r := rand.New(rand.NewPCG(seed, 0))
	g := &grammar{r}
	texts := append([]string(nil), written...)
	for range 900 {
		texts = append(texts, g.or(3))
	}
	for range 900 {
		texts = append(texts, g.broken())
	}
	seen := map[string]bool{}
	var answers []answer
	valid, evaluations := 0, 0
	for _, text := range texts {
		if seen[text] || versionsDisagree(text) {
			continue
		}
		seen[text] = true
		one := ask(r, text)
		if one.Valid {
			valid++
			evaluations += len(one.Cases)
		}
		answers = append(answers, one)
	}
	fmt.Printf("%-40s %4d selectors %d valid %d malformed %d evaluations\n", "selectors", len(answers), valid, len(answers)-valid, evaluations)
	return cases.Write(filepath.Join(out, "selectors.jsonl.gz"), answers)
}

// versionsDisagree leaves out line breaks and form feeds where this release takes them for spaces
// (inside "not in", "starts with", "has( )"...) and later ones do not; it keeps those in literals
// and between other tokens, where all releases agree.
func versionsDisagree(text string) bool {
	for _, pair := range [][2]string{{"not", "in"}, {"starts", "with"}, {"ends", "with"}, {"has(", ""}, {"all(", ")"}, {"global(", ")"}} {
		for rest := text; ; {
			at := strings.Index(rest, pair[0])
			if at < 0 {
				break
			}
			rest = rest[at+len(pair[0]):]
			gap := rest[:len(rest)-len(strings.TrimLeft(rest, " \t\n\r\f\v"))]
			if strings.ContainsAny(gap, "\n\r\f\v") {
				return true
			}
		}
	}
	return strings.Contains(text, "has(") && strings.ContainsAny(text, "\n\r\f\v")
}

func ask(r *rand.Rand, text string) answer {
	parsed, err := selector.Parse(text)
	if err != nil {
		return answer{Selector: text, Error: err.Error()}
	}
	canonical := parsed.String()
	one := answer{Selector: text, Valid: true, Canonical: &canonical}
	labelSets := []map[string]string{{}}
	for len(labelSets) < 9 {
		labelSets = append(labelSets, randomLabels(r, text))
	}
	seen := map[string]bool{}
	for _, labels := range labelSets {
		if key := fmt.Sprint(labels); !seen[key] {
			seen[key] = true
			one.Cases = append(one.Cases, [2]any{labels, parsed.Evaluate(labels)})
		}
	}
	return one
}

// randomLabels prefers the names and values that the selector mentions.
func randomLabels(r *rand.Rand, text string) map[string]string {
	labels := map[string]string{}
	for _, name := range names {
		p := 0.12
		if strings.Contains(text, name) {
			p = 0.7
		}
		if !cases.Chance(r, p) {
			continue
		}
		var mentioned []string
		for _, value := range values {
			if value != "" && strings.Contains(text, value) {
				mentioned = append(mentioned, value, value+"x", "x"+value, value)
			}
		}
		labels[name] = cases.Pick(r, values)
		if len(mentioned) > 0 && cases.Chance(r, 0.7) {
			labels[name] = cases.Pick(r, mentioned)
		}
	}
	return labels
}
