package cases

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Scenario is one cluster that a person wrote, as it stands in a scenario file.
type Scenario struct {
	Name      string         `json:"name"`
	About     string         `json:"about"`
	Note      string         `json:"note"`
	Base      string         `json:"base"`
	Options   map[string]any `json:"options"`
	Manifests string         `json:"manifests"`
	// Flows are lines such as "alpha/web -> beta/db TCP 5432 = deny". The part from "=" on is what
	// the author expects, or leaves out; the recorder complains when the real code says otherwise.
	Flows []string `json:"flows"`
}

// Asked is a flow line, taken apart.
type Asked struct {
	Flow
	// Expected is the verdict that the author expects, if any.
	Expected string
}

type scenarioFile struct {
	Bases     map[string]string `json:"bases"`
	Scenarios []Scenario        `json:"scenarios"`
}

// ReadScenarios reads the scenario files of one folder; bases are shared between them.
func ReadScenarios(folder fs.FS, pattern string) ([]Scenario, error) {
	names, err := fs.Glob(folder, pattern)
	if err != nil {
		return nil, err
	}
	bases := map[string]string{}
	var all []Scenario
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		var file scenarioFile
		if err := yaml.UnmarshalStrict(text, &file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, base := range file.Bases {
			bases[key] = base
		}
		all = append(all, file.Scenarios...)
	}
	for i := range all {
		s := &all[i]
		if s.Base != "" {
			base, known := bases[s.Base]
			if !known {
				return nil, fmt.Errorf("scenario %s: no base %q", s.Name, s.Base)
			}
			s.Manifests = strings.TrimSpace(base) + "\n---\n" + strings.TrimSpace(s.Manifests) + "\n"
		}
		if s.Options == nil {
			s.Options = map[string]any{}
		}
	}
	return all, nil
}

// ParseFlow takes a flow line apart.
func ParseFlow(line string) (Asked, error) {
	var asked Asked
	text, expected, _ := strings.Cut(line, "=")
	asked.Expected = strings.TrimSpace(expected)
	fields := strings.Fields(text)
	if len(fields) < 4 || fields[1] != "->" {
		return asked, fmt.Errorf("flow %q: want: source -> destination PROTOCOL [port] [= verdict]", line)
	}
	asked.Source, asked.Destination = ParsePeer(fields[0]), ParsePeer(fields[2])
	asked.Protocol = fields[3]
	if len(fields) > 4 && strings.HasPrefix(asked.Protocol, "ICMP") {
		asked.ICMP = &ICMP{}
		if _, err := fmt.Sscanf(fields[4], "%d/%d", &asked.ICMP.Type, &asked.ICMP.Code); err != nil {
			return asked, fmt.Errorf("flow %q: type/code: %w", line, err)
		}
	} else if len(fields) > 4 {
		port, err := strconv.Atoi(fields[4])
		if err != nil {
			return asked, fmt.Errorf("flow %q: port: %w", line, err)
		}
		asked.Port = port
	}
	return asked, nil
}

// ParsePeer reads "namespace/name" or an address.
func ParsePeer(text string) Peer {
	if strings.Contains(text, "/") {
		return Peer{Workload: text}
	}
	return Peer{IP: text}
}

// Documents splits manifest text at its document lines.
func Documents(text string) []string {
	var documents []string
	for part := range strings.SplitSeq("\n"+text, "\n---\n") {
		if strings.TrimSpace(part) != "" {
			documents = append(documents, strings.TrimLeft(part, "\n"))
		}
	}
	return documents
}
