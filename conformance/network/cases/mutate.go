package cases

import (
	"encoding/json"
	"math/rand/v2"
)

// Checked is one line of a validation file: an object, and whether the real code takes it.
type Checked struct {
	Manifest any    `json:"manifest"`
	Valid    bool   `json:"valid"`
	Error    string `json:"error,omitempty"`
}

// Grammar says what may stand where: the fields under a field, and values to try for a field.
// Elements of a list have the name of the list.
type Grammar struct {
	Children map[string][]string
	Values   map[string][]any
}

// Mutate changes a copy of an object in one to three places: a field replaced, removed, added, an
// element doubled or a list emptied.
func (g Grammar) Mutate(r *rand.Rand, base any) any {
	tree := clone(base)
	for range []int{1, 1, 1, 2, 3}[r.IntN(5)] {
		var spots []spot
		collect(tree, "", func(s spot) { spots = append(spots, s) })
		g.change(r, Pick(r, spots))
	}
	return tree
}

// spot is an object under a field, or an entry of one.
type spot struct {
	field  string
	object map[string]any
	key    string
}

func collect(tree any, field string, see func(spot)) {
	switch value := tree.(type) {
	case map[string]any:
		see(spot{field: field, object: value})
		for _, key := range SortedKeys(value) {
			// The kind itself stays what it is.
			if key == "apiVersion" || key == "kind" {
				continue
			}
			see(spot{field: field, object: value, key: key})
			collect(value[key], key, see)
		}
	case []any:
		for _, item := range value {
			collect(item, field, see)
		}
	}
}

func (g Grammar) change(r *rand.Rand, s spot) {
	if s.key == "" {
		if names := g.Children[s.field]; len(names) > 0 {
			name := Pick(r, names)
			if values := g.Values[name]; len(values) > 0 {
				s.object[name] = clone(Pick(r, values))
			}
		}
		return
	}
	list, isList := s.object[s.key].([]any)
	switch choice := r.IntN(10); {
	case choice == 0 && s.key != "namespace" && s.key != "metadata":
		delete(s.object, s.key)
	case isList && len(list) > 0 && choice < 3:
		s.object[s.key] = append(list, clone(Pick(r, list)))
	case isList && choice == 3:
		s.object[s.key] = []any{}
	default:
		values := g.Values[s.key]
		if len(values) == 0 {
			return
		}
		value := clone(Pick(r, values))
		if _, listToo := value.([]any); isList && !listToo && len(list) > 0 {
			list[r.IntN(len(list))] = value
			return
		}
		s.object[s.key] = value
	}
}

func clone(tree any) any {
	text, err := json.Marshal(tree)
	if err != nil {
		panic(err)
	}
	var copied any
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	return copied
}

// Parse reads JSON that the recorders themselves hold.
func Parse(text string) any {
	var tree any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		panic(err)
	}
	return tree
}
