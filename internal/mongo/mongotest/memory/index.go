package memory

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// record is a place where a document is kept.
type record struct {
	number uint64 // of its insertion
	doc    bson.D // nil when it is gone
}

// entry is a record under one of its keys. Without a record it is a bound,
// before (or after) all keys that begin with its own.
type entry struct {
	key   []any
	rec   *record
	after bool
}

// index keeps records in the order of some fields. It is guarded by the lock of
// its collection.
type index struct {
	name   string
	spec   bson.D // fields and directions
	unique bool
	sparse bool

	paths [][]string
	down  []bool
	tree  *btree.BTreeG[entry]
	multi bool // a record has had several keys
}

func newIndex(name string, spec bson.D, unique, sparse bool) (*index, error) {
	ix := &index{name: name, spec: spec, unique: unique, sparse: sparse}
	for _, e := range spec {
		if classOf(e.Value) != classNumber || float(e.Value) != 1 && float(e.Value) != -1 {
			return nil, refuse(codeBadValue, "index %s: only 1 and -1 are known here as directions", name)
		}
		ix.paths = append(ix.paths, split(e.Key))
		ix.down = append(ix.down, float(e.Value) < 0)
	}
	ix.tree = btree.NewBTreeGOptions(ix.less, btree.Options{NoLocks: true})
	return ix, nil
}

func (ix *index) less(a, b entry) bool {
	n := min(len(a.key), len(b.key))
	if c := ix.compare(a.key[:n], b.key[:n]); c != 0 {
		return c < 0
	}
	switch {
	case a.rec == nil && b.rec == nil:
		return !a.after && b.after
	case a.rec == nil:
		return !a.after
	case b.rec == nil:
		return b.after
	}
	return a.rec.number < b.rec.number
}

// compare orders keys, or beginnings of keys, in the directions of the index.
func (ix *index) compare(a, b []any) int {
	for i := range a {
		if c := compare(a[i], b[i]); c != 0 {
			if ix.down[i] {
				return -c
			}
			return c
		}
	}
	return 0
}

// keys are those under which the index keeps a document.
func (ix *index) keys(d bson.D) ([][]any, error) {
	found := 0
	out, err := keysOf(d, ix.paths, nil, &found)
	if err != nil || ix.sparse && found == 0 {
		return nil, err
	}
	slices.SortFunc(out, ix.compare)
	return slices.CompactFunc(out, func(a, b []any) bool { return ix.compare(a, b) == 0 }), nil
}

// keysOf answers a key for each element of an array on the way, of which there
// may be one. over are elements that stand in place of their array.
func keysOf(d bson.D, paths [][]string, over map[string]any, found *int) ([][]any, error) {
	key := make([]any, len(paths))
	for i, path := range paths {
		v, list := walk(d, path, over)
		if list != "" {
			if over != nil {
				return nil, refuse(171, "cannot index parallel arrays")
			}
			return keysOfEach(d, paths, list, v.(bson.A), found)
		}
		if _, gone := v.(absent); gone {
			v = nil
		} else {
			*found++
		}
		key[i] = v
	}
	return [][]any{key}, nil
}

func keysOfEach(d bson.D, paths [][]string, list string, elements bson.A, found *int) ([][]any, error) {
	if len(elements) == 0 {
		elements = bson.A{nil}
	}
	var out [][]any
	for _, e := range elements {
		keys, err := keysOf(d, paths, map[string]any{list: e}, found)
		if err != nil {
			return nil, err
		}
		out = append(out, keys...)
	}
	return out, nil
}

// walk follows a path up to its end, or up to an array, whose path it answers.
func walk(d bson.D, path []string, over map[string]any) (v any, list string) {
	v = d
	for i, p := range path {
		sub, ok := v.(bson.D)
		if !ok {
			return absent{}, ""
		}
		if v, ok = field(sub, p); !ok {
			return absent{}, ""
		}
		if _, is := v.(bson.A); is {
			name := strings.Join(path[:i+1], ".")
			e, known := over[name]
			if !known {
				return v, name
			}
			v = e
		}
	}
	return v, ""
}

// move replaces the keys of a record. It changes nothing when a key is taken.
func (ix *index) move(rec *record, from, to bson.D) (undo func(), err error) {
	var had, has [][]any
	if from != nil {
		if had, err = ix.keys(from); err != nil {
			return nil, err
		}
	}
	if to != nil {
		if has, err = ix.keys(to); err != nil {
			return nil, err
		}
	}
	if slices.EqualFunc(had, has, func(a, b []any) bool { return ix.compare(a, b) == 0 }) {
		return func() {}, nil
	}
	if ix.unique {
		for _, key := range has {
			if ix.taken(key, rec) {
				return nil, ix.duplicate(key)
			}
		}
	}
	ix.swap(rec, had, has)
	ix.multi = ix.multi || len(has) > 1
	return func() { ix.swap(rec, has, had) }, nil
}

func (ix *index) swap(rec *record, had, has [][]any) {
	for _, key := range had {
		ix.tree.Delete(entry{key: key, rec: rec})
	}
	for _, key := range has {
		ix.tree.Set(entry{key: key, rec: rec})
	}
}

// taken tells whether another record has the key.
func (ix *index) taken(key []any, rec *record) (taken bool) {
	ix.tree.Ascend(entry{key: key}, func(e entry) bool {
		if ix.compare(e.key, key) != 0 {
			return false
		}
		taken = e.rec != rec
		return !taken
	})
	return taken
}

func (ix *index) duplicate(key []any) error {
	r := refuse(codeDuplicateKey, "E11000 duplicate key error index: %s", ix.name).(*refusal)
	r.pattern = ix.spec
	for i, e := range ix.spec {
		r.values = append(r.values, bson.E{Key: e.Key, Value: key[i]})
	}
	return r
}

// like tells whether the other index is the same but for its name.
func (ix *index) like(o *index) bool {
	return ix.unique == o.unique && ix.sparse == o.sparse && slices.EqualFunc(ix.spec, o.spec, func(a, b bson.E) bool {
		return a.Key == b.Key && float(a.Value) == float(b.Value)
	})
}
