// Package asked reads the questions that benches/src/bin/questions.rs writes and times an engine on them.
package asked

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Set is a cluster's policies, as plain rules or as manifests, and questions with their answers.
type Set struct {
	Rules     []Rule   `json:"rules"`
	Manifests []string `json:"manifests"`
	Asks      []Ask    `json:"asks"`
}

// Rule is one AuthorizationPolicy. Prefixes are of paths.
type Rule struct {
	Workload int      `json:"workload"`
	Deny     bool     `json:"deny"`
	Clients  []string `json:"clients"`
	Methods  []string `json:"methods"`
	Prefixes []string `json:"prefixes"`
}

// Ask is one question. Destination is a number of a workload, as rules have it.
type Ask struct {
	Principal     string `json:"principal"`
	SourceIP      string `json:"source_ip"`
	Destination   int    `json:"destination"`
	DestinationIP string `json:"destination_ip"`
	Port          int    `json:"port"`
	Method        string `json:"method"`
	Path          string `json:"path"`
	Allow         bool   `json:"allow"`
}

// Quick says whether only a glance is wanted.
func Quick() bool { return os.Getenv("MAYREACH_QUICK") != "" }

// Read reads the set of that name from the folder of the first argument.
func Read(name string) Set {
	text, err := os.ReadFile(filepath.Join(os.Args[1], name+".json"))
	Must(err)
	var set Set
	Must(json.Unmarshal(text, &set))
	return set
}

// DenyFirst orders rules as a mesh asks them.
func DenyFirst(rules []Rule) []Rule {
	out := slices.Clone(rules)
	slices.SortStableFunc(out, func(a, b Rule) int {
		if a.Deny == b.Deny {
			return 0
		} else if a.Deny {
			return -1
		}
		return 1
	})
	return out
}

// Must ends the program on an error: a suite that cannot go on must stop.
func Must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// CPU is the processor time of this process, the garbage collector's included.
func CPU() time.Duration {
	var usage syscall.Rusage
	Must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Time asks in turn for about two seconds and keeps the median; an answer that is not ours stops the run.
func Time(name string, asks []Ask, allows func(*Ask) bool) {
	budget := 2 * time.Second
	if Quick() {
		budget = 300 * time.Millisecond
	}
	next, decisions := 0, 0
	some := func(count int) float64 {
		begin := CPU()
		for range count {
			ask := &asks[next]
			if allows(ask) != ask.Allow {
				Must(fmt.Errorf("%s answers %v to %+v", name, !ask.Allow, *ask))
			}
			next = (next + 1) % len(asks)
		}
		decisions += count
		return float64(CPU()-begin) / float64(count)
	}
	const samples = 11
	some(1) // the first answer takes longest
	count := max(1, int(float64(budget)/samples/max(some(1), 1000)))
	var all []float64
	for end := time.Now().Add(3 * budget); len(all) < samples && (len(all) < 3 || time.Now().Before(end)); {
		all = append(all, some(count))
	}
	slices.Sort(all)
	Keep(name, all[len(all)/2], decisions)
}

// Keep prints a figure and keeps it for the table, in the folder of the second argument.
func Keep(name string, ns float64, decisions int) {
	fmt.Printf("%s: %.1f ns, %d decisions\n", name, ns, decisions)
	file := filepath.Join(os.Args[2], strings.ReplaceAll("proxies/"+name, "/", "_"))
	Must(os.WriteFile(file, fmt.Appendf(nil, "%f", ns), 0o644))
	Must(os.WriteFile(file+"_decisions", fmt.Appendf(nil, "%d", decisions), 0o644))
}

// Module keeps which release of a Go module answered.
func Module(name, path string) {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == path {
			Version(name, dep.Version)
		}
	}
}

// Version keeps which release answered.
func Version(name, version string) {
	file := filepath.Join(os.Args[2], "proxies_"+name+"_version")
	Must(os.WriteFile(file, []byte(version), 0o644))
}
