// Command kubernetes feeds our clusters and flows to the reference engine of Kubernetes network
// policy and writes what it answers.
package main

import (
	"embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mayreach.dev/conformance/network/cases"
)

//go:embed scenarios/*.yaml
var scenarios embed.FS

var source = map[string]string{"kube-network-policies": "v1.1.1", "kubernetes": "v1.36.3"}

func main() {
	out := flag.String("out", "", "the folder to write the recorded cases to")
	validation := flag.String("validation", "", "the folder to write the validated objects to, instead")
	crds := flag.String("crds", "", "CustomResourceDefinition files, with commas between")
	flag.Parse()
	record := func() error { return run(*out) }
	if *validation != "" {
		record = func() error { return recordValidation(*validation, strings.Split(*crds, ",")) }
	}
	if err := record(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out string) error {
	for _, topic := range []string{"network-policy", "admin-network-policy", "cluster-network-policy"} {
		if err := recordScenarios(out, topic); err != nil {
			return err
		}
	}
	for _, g := range generators {
		if err := recordRandom(out, g); err != nil {
			return err
		}
	}
	return nil
}

func recordScenarios(out, topic string) error {
	list, err := cases.ReadScenarios(scenarios, "scenarios/"+topic+"*.yaml")
	if err != nil {
		return err
	}
	var lines []cases.Cluster
	surprises := 0
	for _, s := range list {
		objects, err := readObjects(s.Manifests)
		if err != nil {
			return fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		c, err := newCluster(objects)
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
			if err != nil || !ok {
				return fmt.Errorf("scenario %s: flow %q: families disagree, or %w", s.Name, text, err)
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

func write(out, name string, lines []cases.Cluster, surprises int) error {
	flows, allowed, layers := 0, 0, 0
	for _, line := range lines {
		for _, one := range line.Cases {
			flows++
			if one.Expect.Verdict == "allow" {
				allowed++
			}
			for _, layer := range []*cases.Layer{one.Expect.Layers.Egress, one.Expect.Layers.Ingress} {
				if layer != nil {
					layers++
				}
			}
		}
	}
	fmt.Printf("%-40s %4d clusters %6d flows %6d layers %6d allowed %d surprises\n", name, len(lines), flows, layers, allowed, surprises)
	return cases.Write(filepath.Join(out, name+".jsonl.gz"), lines)
}
