package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"mayreach.dev/conformance/network/cases"
)

// eachRecorded reads the clusters of a recorded file, with the cluster that Calico makes of each.
func eachRecorded(path string, do func(cases.Cluster, *cluster) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(unzipped)
	for {
		var line cases.Cluster
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		c, err := clusterOf(line.Manifests)
		if err == nil {
			err = do(line, c)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", line.Name, err)
		}
	}
}

// compare asks Calico what another engine was asked and prints where the two differ. Both are
// right about NetworkPolicy, so nothing should be printed but the count.
func compare(path string) error {
	asked, differ := 0, 0
	err := eachRecorded(path, func(line cases.Cluster, c *cluster) error {
		for _, one := range line.Cases {
			answer, ok, err := c.ask(one.Flow)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			asked++
			if !sameVerdict(answer.Layers.Egress, one.Expect.Layers.Egress) || !sameVerdict(answer.Layers.Ingress, one.Expect.Layers.Ingress) {
				differ++
				text, _ := json.Marshal(one)
				mine, _ := json.Marshal(answer)
				fmt.Printf("%s: %s\n  Calico: %s\n", line.Name, text, mine)
			}
		}
		return nil
	})
	fmt.Printf("%s: %d flows, %d differences\n", path, asked, differ)
	return err
}

// convert records what Calico's conversion of NetworkPolicies answers, with its reasons.
func convert(path, out string) error {
	var lines []cases.Cluster
	err := eachRecorded(path, func(line cases.Cluster, c *cluster) error {
		var answered []cases.Case
		for _, one := range line.Cases {
			answer, ok, err := c.ask(one.Flow)
			if err != nil {
				return err
			}
			if ok {
				answered = append(answered, cases.Case{Flow: one.Flow, Expect: answer})
			}
		}
		line.Source, line.Note, line.Cases = source, "", answered
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		return err
	}
	return write(out, "conversion-scenarios", lines, 0)
}

func sameVerdict(a, b *cases.Layer) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Verdict == b.Verdict)
}
