// Command validation writes which mutated objects of ours Calico's validator takes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	apiv3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	v3validator "github.com/projectcalico/calico/libcalico-go/lib/validator/v3"
	"github.com/sirupsen/logrus"
	"sigs.k8s.io/yaml"

	"mayreach.dev/conformance/network/cases"
)

// each is how many mutated objects of every base are recorded.
const each = 700

var expressions = []any{
	"all()", "has(app)", "app == 'web'", "app = 'web'", "app in {'a', 'b'}", "app == web", "!has(x) && y != \"z\"",
	"global()", "", "global() && has(a)", "a == 'b' ||", "has(a)\n", strings.Repeat("(", 40), "app not in {'a'}", "k8s-app starts with 'x'",
}

var grammar = cases.Grammar{
	Children: map[string][]string{
		"spec":        {"selector", "types", "order", "ingress", "egress", "serviceAccountSelector", "namespaceSelector", "doNotTrack", "preDNAT", "applyOnForward", "performanceHints", "nets", "node", "interfaceName", "expectedIPs", "ports", "profiles"},
		"ingress":     {"action", "protocol", "notProtocol", "ipVersion", "icmp", "notICMP", "source", "destination", "http", "metadata"},
		"egress":      {"action", "protocol", "notProtocol", "ipVersion", "icmp", "notICMP", "source", "destination", "http"},
		"source":      {"nets", "notNets", "selector", "notSelector", "namespaceSelector", "ports", "notPorts", "serviceAccounts", "services"},
		"destination": {"nets", "notNets", "selector", "notSelector", "namespaceSelector", "ports", "notPorts", "serviceAccounts", "services"},
		"icmp":        {"type", "code"},
		"notICMP":     {"type", "code"},
		"http":        {"methods", "paths"},
		"services":    {"name", "namespace"},
	},
	Values: map[string][]any{
		"name":                   {"p", "P", "p-q", "-p", "p_q", strings.Repeat("a", 254), "p-", "0", "http", "toolongportname1"},
		"namespace":              {"shop", "kube-system"},
		"labels":                 {cases.Parse(`{"a": "b"}`), cases.Parse(`{"a b": "c"}`), cases.Parse(`{"a": "b c"}`), cases.Parse(`{"projectcalico.org/namespace": "x"}`)},
		"selector":               expressions,
		"notSelector":            expressions,
		"namespaceSelector":      expressions,
		"serviceAccountSelector": expressions,
		"types":                  {cases.Parse(`["Ingress"]`), cases.Parse(`["Egress", "Ingress"]`), cases.Parse(`["ingress"]`), cases.Parse(`["Ingress", "Ingress"]`), cases.Parse(`[]`), cases.Parse(`[""]`)},
		"order":                  {0, -1, 1.5, 1000, 1e300},
		"ingress":                {cases.Parse(`[{"action": "Allow"}]`), cases.Parse(`[]`), cases.Parse(`[{"action": "Pass", "protocol": "TCP"}]`), cases.Parse(`[{}]`)},
		"egress":                 {cases.Parse(`[{"action": "Allow"}]`), cases.Parse(`[]`), cases.Parse(`[{"action": "Deny", "destination": {"nets": ["10.0.0.0/8"]}}]`)},
		"action":                 {"Allow", "Deny", "Log", "Pass", "allow", "", "Accept"},
		"protocol":               {"TCP", "UDP", "SCTP", "ICMP", "ICMPv6", "UDPLite", "tcp", 6, 0, 255, 256, 1, 58, "6", "IGMP", 132},
		"notProtocol":            {"TCP", "ICMP", "ICMPv6", 6, 0, "udp"},
		"ipVersion":              {4, 6, 5, 0},
		"icmp":                   {cases.Parse(`{"type": 8}`), cases.Parse(`{"type": 8, "code": 0}`), cases.Parse(`{"code": 0}`), cases.Parse(`{"type": 255}`), cases.Parse(`{"type": -1}`), cases.Parse(`{}`), cases.Parse(`{"type": 3, "code": 256}`)},
		"notICMP":                {cases.Parse(`{"type": 8}`), cases.Parse(`{"code": 0}`), cases.Parse(`{"type": 254, "code": 255}`)},
		"type":                   {0, 8, 254, 255}, "code": {0, 255, 256},
		"source":           {cases.Parse(`{}`), cases.Parse(`{"nets": ["10.0.0.0/8"]}`), cases.Parse(`{"services": {"name": "s", "namespace": "shop"}}`)},
		"destination":      {cases.Parse(`{}`), cases.Parse(`{"nets": ["2001:db8::/32"]}`), cases.Parse(`{"services": {"name": "s", "namespace": "shop"}}`), cases.Parse(`{"ports": [80]}`)},
		"nets":             {cases.Parse(`["10.0.0.0/8"]`), cases.Parse(`["10.0.0.1/8"]`), cases.Parse(`["10.0.0.1"]`), cases.Parse(`["10.0.0.0/8", "2001:db8::/32"]`), cases.Parse(`["0.0.0.0/0"]`), cases.Parse(`["10.0.0.0/33"]`), cases.Parse(`[""]`), cases.Parse(`["::/0"]`), cases.Parse(`["010.0.0.0/8"]`)},
		"notNets":          {cases.Parse(`["10.1.0.0/16"]`), cases.Parse(`["2001:db8::/32"]`), cases.Parse(`["10.1.0.1/16"]`), cases.Parse(`["0.0.0.0/0"]`)},
		"ports":            {cases.Parse(`[80]`), cases.Parse(`["http"]`), cases.Parse(`["80:90"]`), cases.Parse(`["90:80"]`), cases.Parse(`[0]`), cases.Parse(`[65536]`), cases.Parse(`["80"]`), cases.Parse(`["HTTP"]`), cases.Parse(`["a b"]`), cases.Parse(`[1, 2, "x"]`), cases.Parse(`["0:10"]`), cases.Parse(`["1:65536"]`), cases.Parse(`["80:"]`)},
		"notPorts":         {cases.Parse(`[80]`), cases.Parse(`["http"]`), cases.Parse(`["1:2"]`)},
		"serviceAccounts":  {cases.Parse(`{}`), cases.Parse(`{"names": ["a"]}`), cases.Parse(`{"names": ["A"]}`), cases.Parse(`{"selector": "has(x)"}`), cases.Parse(`{"selector": "x ="}`)},
		"services":         {cases.Parse(`{"name": "s", "namespace": "shop"}`), cases.Parse(`{"name": "s"}`), cases.Parse(`{"namespace": "shop"}`)},
		"http":             {cases.Parse(`{"methods": ["GET"]}`), cases.Parse(`{"methods": ["GET", "GET"]}`), cases.Parse(`{"paths": [{"exact": "/a"}]}`), cases.Parse(`{"paths": [{"prefix": "a"}]}`), cases.Parse(`{"paths": [{"exact": "/a?b"}]}`), cases.Parse(`{"paths": [{"exact": "/a", "prefix": "/b"}]}`), cases.Parse(`{}`)},
		"methods":          {cases.Parse(`["PUT"]`), cases.Parse(`["*"]`), cases.Parse(`["get"]`)},
		"paths":            {cases.Parse(`[{"prefix": "/a#b"}]`), cases.Parse(`[{"prefix": "/a b"}]`), cases.Parse(`[{}]`)},
		"metadata":         {cases.Parse(`{"annotations": {"a": "b"}}`)},
		"doNotTrack":       {true, false},
		"preDNAT":          {true, false},
		"applyOnForward":   {true, false},
		"performanceHints": {cases.Parse(`["AssumeNeededOnEveryNode"]`), cases.Parse(`["x"]`), cases.Parse(`["AssumeNeededOnEveryNode", "AssumeNeededOnEveryNode"]`)},
		"node":             {"n1", "", "N1", "n_1", "n.1"},
		"interfaceName":    {"eth0", "*", "", "averyverylongname", "eth 0", "eth/0"},
		"expectedIPs":      {cases.Parse(`["192.0.2.1"]`), cases.Parse(`[]`), cases.Parse(`["192.0.2.1/32"]`), cases.Parse(`["x"]`), cases.Parse(`["2001:db8::1"]`)},
		"profiles":         {cases.Parse(`["a"]`), cases.Parse(`["kns.shop"]`), cases.Parse(`["A b"]`)},
		"port":             {80, 0, 65536},
	},
}

const rule = `{"action": "Allow", "protocol": "TCP", "source": {"selector": "app == 'a'", "namespaceSelector": "all()", "notNets": ["10.1.0.0/16"]}, "destination": {"ports": [80, "8000:9000", "http"]}}`

var bases = []string{
	`{"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"order": 5, "selector": "app == 'web'", "types": ["Ingress", "Egress"], "ingress": [` + rule + `, {"action": "Log", "protocol": "ICMP", "icmp": {"type": 8, "code": 0}}], "egress": [` + rule + `]}}`,
	`{"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "p"}, "spec": {"order": 5, "selector": "has(app)", "namespaceSelector": "team == 'x'", "types": ["Ingress", "Egress"], "ingress": [` + rule + `], "egress": [{"action": "Deny", "destination": {"nets": ["10.0.0.0/8"]}}]}}`,
	`{"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "p"}, "spec": {"selector": "has(host)", "preDNAT": true, "applyOnForward": true, "types": ["Ingress"], "ingress": [{"action": "Deny", "protocol": "TCP", "destination": {"ports": [80]}}]}}`,
	`{"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "s", "labels": {"a": "b"}}, "spec": {"nets": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]}}`,
	`{"apiVersion": "projectcalico.org/v3", "kind": "NetworkSet", "metadata": {"name": "s", "namespace": "shop", "labels": {"a": "b"}}, "spec": {"nets": ["10.0.0.0/8"]}}`,
	`{"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "metadata": {"name": "h", "labels": {"a": "b"}}, "spec": {"node": "n1", "interfaceName": "eth0", "expectedIPs": ["192.0.2.1"], "profiles": ["a"], "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}}`,
}

// pointer is what the validator prints of a value behind a pointer, another one each time.
var pointer = regexp.MustCompile("0x[0-9a-f]+")

func main() {
	logrus.SetLevel(logrus.PanicLevel)
	out := flag.String("out", "", "the folder to write the validated objects to")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out string) error {
	var lines []cases.Checked
	valid := 0
	for seed, text := range bases {
		base := cases.Parse(text)
		r := rand.New(rand.NewPCG(43, uint64(seed)))
		seen := map[string]bool{}
		for tries := 0; len(seen) < each && tries < 20*each; tries++ {
			object := grammar.Mutate(r, base).(map[string]any)
			key, err := json.Marshal(object)
			if err != nil {
				return err
			}
			if seen[string(key)] {
				continue
			}
			problem, isObject := check(object["kind"].(string), key)
			// What is no object of the kind at all is not a question of validation.
			if !isObject {
				continue
			}
			seen[string(key)] = true
			line := cases.Checked{Manifest: object, Valid: problem == nil}
			if problem != nil {
				line.Error = pointer.ReplaceAllString(problem.Error(), "0x")
			} else {
				valid++
			}
			lines = append(lines, line)
		}
	}
	fmt.Printf("%-40s %4d objects %6d valid\n", "validation", len(lines), valid)
	return cases.Write(filepath.Join(out, "calico.jsonl.gz"), lines)
}

func check(kind string, text []byte) (problem error, isObject bool) {
	switch kind {
	case "NetworkPolicy":
		return validate[apiv3.NetworkPolicy](text)
	case "GlobalNetworkPolicy":
		return validate[apiv3.GlobalNetworkPolicy](text)
	case "GlobalNetworkSet":
		return validate[apiv3.GlobalNetworkSet](text)
	case "NetworkSet":
		return validate[apiv3.NetworkSet](text)
	case "HostEndpoint":
		return validate[apiv3.HostEndpoint](text)
	}
	return fmt.Errorf("kind %q", kind), false
}

func validate[T any](text []byte) (problem error, isObject bool) {
	// This release's validator does not survive every selector that it refuses.
	defer func() {
		if recover() != nil {
			problem, isObject = nil, false
		}
	}()
	var object T
	if err := yaml.UnmarshalStrict(text, &object); err != nil {
		return nil, false
	}
	return v3validator.Validate(object), true
}
