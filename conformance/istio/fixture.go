package main

import (
	_ "embed"
	"sort"

	corev1 "k8s.io/api/core/v1"
)

// fixture is the cluster most scenarios share.
//
//go:embed scenarios/fixture.yaml
var fixture string

// waypointFixture is the cluster of the scenarios with waypoints.
//
//go:embed scenarios/waypoint.yaml
var waypointFixture string

func sortedPods(c *cluster) []*corev1.Pod {
	var out []*corev1.Pod
	for _, p := range c.pods {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Namespace+"/"+out[i].Name < out[j].Namespace+"/"+out[j].Name
	})
	return out
}
