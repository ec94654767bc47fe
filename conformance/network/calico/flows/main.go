// Command flows feeds our clusters and flows to Calico's own code and writes what it answers.
package main

import (
	"embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	log "github.com/sirupsen/logrus"

	"mayreach.dev/conformance/network/cases"
)

//go:embed scenarios/*.yaml
var scenarios embed.FS

const version = "v1.11.0-cni-plugin.0.20250813170300-a0db560f0520 (release-v3.28, after v3.28.5)"

var source = map[string]string{
	"calico": version,
	"how":    "conversion + update processors + validation filter + calculation graph + BPF policy program; tiers ordered by the recorder",
}

func main() {
	out := flag.String("out", "", "the folder to write the recorded cases to")
	compared := flag.String("compare", "", "a file of recorded Kubernetes cases to ask Calico about instead")
	converted := flag.String("convert", "", "a file of recorded Kubernetes cases to record again as Calico converts and answers them")
	flag.Parse()
	log.SetLevel(log.PanicLevel)
	do := func() error { return run(*out) }
	if *compared != "" {
		do = func() error { return compare(*compared) }
	}
	if *converted != "" {
		do = func() error { return convert(*converted, *out) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out string) error {
	for _, topic := range []string{"policies", "tiers", "icmp"} {
		if err := recordScenarios(out, topic); err != nil {
			return err
		}
	}
	for _, g := range generators {
		if err := recordRandom(out, g); err != nil {
			return err
		}
	}
	return recordICMP(out)
}

func recordScenarios(out, topic string) error {
	list, err := cases.ReadScenarios(scenarios, "scenarios/"+topic+"*.yaml")
	if err != nil {
		return err
	}
	var lines []cases.Cluster
	surprises := 0
	for _, s := range list {
		c, err := clusterOf(s.Manifests)
		if err != nil {
			return fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		line := cases.Cluster{Name: s.Name, About: s.About, Note: s.Note, Source: source, Options: s.Options, Manifests: s.Manifests}
		for _, text := range s.Flows {
			asked, err := cases.ParseFlow(text)
			if err != nil {
				return fmt.Errorf("scenario %s: %w", s.Name, err)
			}
			answer, ok, err := c.ask(asked.Flow)
			if err != nil {
				return fmt.Errorf("scenario %s: flow %q: %w", s.Name, text, err)
			}
			if !ok {
				return fmt.Errorf("scenario %s: flow %q: the addresses disagree", s.Name, text)
			}
			if asked.Expected != "" && asked.Expected != answer.Verdict {
				surprises++
				fmt.Printf("SURPRISE %s: %s: real code says %s\n", s.Name, text, answer.Verdict)
			}
			line.Cases = append(line.Cases, cases.Case{Flow: asked.Flow, Expect: answer})
		}
		lines = append(lines, line)
	}
	return write(out, topic+"-scenarios", lines, surprises)
}

func clusterOf(manifests string) (*cluster, error) {
	all, err := readObjects(manifests)
	if err != nil {
		return nil, err
	}
	return newCluster(all)
}

func write(out, name string, lines []cases.Cluster, surprises int) error {
	flows, allowed, layers := 0, 0, 0
	reasons := map[string]int{}
	for _, line := range lines {
		for _, one := range line.Cases {
			flows++
			if one.Expect.Verdict == "allow" {
				allowed++
			}
			for _, layer := range []*cases.Layer{one.Expect.Layers.Egress, one.Expect.Layers.Ingress} {
				if layer != nil {
					layers++
					reasons[layer.Reason.Code+" "+layer.Verdict]++
				}
			}
		}
	}
	fmt.Printf("%-40s %4d clusters %6d flows %6d layers %6d allowed %d surprises %v\n", name, len(lines), flows, layers, allowed, surprises, reasons)
	return cases.Write(filepath.Join(out, name+".jsonl.gz"), lines)
}
