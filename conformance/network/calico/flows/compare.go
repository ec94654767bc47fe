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

// compare asks Calico what another engine was asked and prints where the two differ. Both are
// right about NetworkPolicy, so nothing should be printed but the count.
func compare(path string) error {
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
	asked, differ := 0, 0
	for {
		var line cases.Cluster
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		c, err := clusterOf(line.Manifests)
		if err != nil {
			return fmt.Errorf("%s: %w", line.Name, err)
		}
		for _, one := range line.Cases {
			answer, ok, err := c.ask(one.Flow)
			if err != nil {
				return fmt.Errorf("%s: %w", line.Name, err)
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
	}
	fmt.Printf("%s: %d flows, %d differences\n", path, asked, differ)
	return nil
}

func sameVerdict(a, b *cases.Layer) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Verdict == b.Verdict)
}
