// Package cases holds what every network recorder shares: the form of a recorded case, its file,
// the scenarios that people wrote, and the parts of random clusters.
package cases

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
)

// Cluster is one line of a recorded file: manifests and the flows that were asked of them.
type Cluster struct {
	Name      string         `json:"name"`
	About     string         `json:"about"`
	Note      string         `json:"note,omitempty"`
	Source    any            `json:"source"`
	Options   map[string]any `json:"options"`
	Manifests string         `json:"manifests"`
	Cases     []Case         `json:"cases"`
}

// Case is one flow and what the real code answered.
type Case struct {
	Flow   Flow   `json:"flow"`
	Expect Expect `json:"expect"`
	Note   string `json:"note,omitempty"`
}

// Flow is one attempted connection.
type Flow struct {
	Source      Peer   `json:"source"`
	Destination Peer   `json:"destination"`
	Port        int    `json:"port,omitempty"`
	Protocol    string `json:"protocol"`
	ICMP        *ICMP  `json:"icmp,omitempty"`
}

// ICMP is the type and code of an ICMP packet.
type ICMP struct {
	Type int `json:"type"`
	Code int `json:"code"`
}

// Peer is one end of a flow: a workload or an address.
type Peer struct {
	Workload string `json:"workload,omitempty"`
	IP       string `json:"ip,omitempty"`
}

// Expect is the verdict, and one for each direction that was asked.
type Expect struct {
	Verdict string `json:"verdict"`
	Layers  Layers `json:"layers"`
}

// Layers are the directions: egress when the source is a pod, ingress when the destination is.
type Layers struct {
	Egress  *Layer `json:"egress,omitempty"`
	Ingress *Layer `json:"ingress,omitempty"`
}

// Layer is the answer of one direction.
type Layer struct {
	Verdict string  `json:"verdict"`
	Reason  *Reason `json:"reason,omitempty"`
}

// Reason names what decided, where the real code says so.
type Reason struct {
	Code   string     `json:"code"`
	Tier   string     `json:"tier,omitempty"`
	Policy *PolicyRef `json:"policy,omitempty"`
	Rule   *int       `json:"rule,omitempty"`
}

// PolicyRef names a policy as its manifest does.
type PolicyRef struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Both is the verdict of a flow: every direction that was asked allows it.
func Both(layers Layers) Expect {
	verdict := "allow"
	for _, layer := range []*Layer{layers.Egress, layers.Ingress} {
		if layer != nil && layer.Verdict != "allow" {
			verdict = "deny"
		}
	}
	return Expect{Verdict: verdict, Layers: layers}
}

// Word is the verdict's word in the files.
func Word(allowed bool) string {
	if allowed {
		return "allow"
	}
	return "deny"
}

// Write puts one JSON value a line into a gzip file whose bytes depend on nothing but the values.
func Write[T any](path string, lines []T) error {
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(zip)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, packed.Bytes(), 0o644)
}
