// Command istio records what istiod's translation, run by a real Envoy, answers to the flows of the scenarios.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	istiolog "istio.io/istio/pkg/log"
)

// versions is versions.env.
var versions = map[string]string{}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run() error {
	envoy := flag.String("envoy", "envoy", "the Envoy binary")
	scenarios := flag.String("scenarios", "scenarios", "folder of scenario files")
	out := flag.String("out", "", "folder of the case files")
	only := flag.String("only", "", "record only this topic")
	keep := flag.String("keep", "", "keep Envoy's files in this folder")
	life := flag.Duration("max", 20*time.Minute, "end by then in any case")
	flag.Parse()
	if *out == "" {
		return fmt.Errorf("-out is required")
	}
	if err := readVersions("versions.env"); err != nil {
		return err
	}
	for _, scope := range istiolog.Scopes() {
		scope.SetOutputLevel(istiolog.NoneLevel)
	}
	time.AfterFunc(*life, func() {
		fmt.Fprintln(os.Stderr, "record: out of time")
		os.Exit(1)
	})
	rec, err := newRecorder(*envoy, *keep, *out)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(*scenarios, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range files {
		topic := strings.TrimSuffix(filepath.Base(path), ".md")
		if *only != "" && *only != topic {
			continue
		}
		if err := rec.recordFile(path, topic); err != nil {
			return fmt.Errorf("%s: %w", topic, err)
		}
	}
	if *only == "" || *only == "validation" {
		if err := rec.recordValidation("validation"); err != nil {
			return fmt.Errorf("validation: %w", err)
		}
	}
	for _, t := range topics {
		if *only != "" && *only != t.name {
			continue
		}
		if err := rec.recordTopic(t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if *only == "" || *only == ambientTopic {
		if err := rec.recordAmbient(); err != nil {
			return fmt.Errorf("%s: %w", ambientTopic, err)
		}
	}
	return nil
}

func readVersions(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
			versions[k] = v
		}
	}
	say("recording Istio", versions["ISTIO_RELEASE"], versions["ISTIO_MODULE"], "with Envoy", versions["ENVOY_RELEASE"])
	return nil
}
