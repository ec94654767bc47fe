package cases

import (
	"cmp"
	"maps"
	"slices"
)

// SortedKeys are a map's keys in order, so that nothing depends on the map's own.
func SortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
