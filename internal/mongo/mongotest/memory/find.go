package memory

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	firstBatch    = 101
	maxBatch      = 100_000
	maxBatchBytes = 12 << 20
)

// query is what a find asks for.
type query struct {
	filter     bson.D
	sort       bson.D
	projection bson.D
	skip       int
	limit      int // 0: all
}

// results are the documents of a query, read as they are asked for.
type results struct {
	id        int64 // once a client has it
	namespace string
	cur       *cursor
	waiting   []found // read and not handed out
	more      bool
	project   func(bson.D) bson.D
	skip      int
	limit     int // how many more; -1: all
}

// run begins a query.
func (c *collection) run(namespace string, q query) (*results, error) {
	f, err := newFilter(q.filter)
	if err != nil {
		return nil, err
	}
	project, err := newProjection(q.projection)
	if err != nil {
		return nil, err
	}
	for _, e := range q.sort {
		if classOf(e.Value) != classNumber {
			return nil, refuse(codeBadValue, "sort by %s: only 1 and -1 are known here", e.Key)
		}
	}
	r := &results{namespace: namespace, cur: c.open(f, q.sort), more: true, project: project, skip: q.skip, limit: q.limit}
	if q.limit == 0 {
		r.limit = -1
	}
	return r, nil
}

// batch answers the next documents, and whether that was all.
func (r *results) batch(n int) (out bson.A, ended bool) {
	out = bson.A{}
	for size := 0; len(out) < n && size < maxBatchBytes && r.limit != 0; {
		if len(r.waiting) == 0 {
			if !r.more {
				break
			}
			r.waiting, r.more = r.cur.next()
			continue
		}
		d := r.waiting[0].doc
		r.waiting = r.waiting[1:]
		if r.skip > 0 {
			r.skip--
			continue
		}
		d = r.project(d)
		raw, err := bson.Marshal(d)
		if err != nil {
			panic(err)
		}
		out, size = append(out, bson.Raw(raw)), size+len(raw)
		r.limit = max(r.limit-1, -1)
	}
	return out, r.limit == 0 || !r.more && len(r.waiting) == 0
}

// inOrder sorts by the smallest value at each path, or by the largest where the
// order is downwards.
func inOrder(list []found, sort bson.D) {
	slices.SortStableFunc(list, func(a, b found) int {
		for _, e := range sort {
			down := float(e.Value) < 0
			c := compare(rank(a.doc, e.Key, down), rank(b.doc, e.Key, down))
			if c != 0 && down {
				return -c
			} else if c != 0 {
				return c
			}
		}
		return 0
	})
}

func rank(d bson.D, path string, largest bool) any {
	var best any
	first := true
	reach(d, split(path), func(v any) {
		list := []any{v}
		if a, ok := v.(bson.A); ok && len(a) > 0 {
			list = a
		}
		for _, v := range list {
			if _, gone := v.(absent); gone {
				v = nil
			}
			if first || (compare(v, best) > 0) == largest {
				best, first = v, false
			}
		}
	})
	return best
}

// newProjection reads which fields are wanted, or which are not.
func newProjection(p bson.D) (func(bson.D) bson.D, error) {
	if len(p) == 0 {
		return func(d bson.D) bson.D { return d }, nil
	}
	withID, wanted, mode := true, false, 0
	var paths [][]string
	for _, e := range p {
		if c := classOf(e.Value); c != classNumber && c != classBool || strings.Contains(e.Key, "$") {
			return nil, refuse(codeBadValue, "the projection of %s is not known here", e.Key)
		}
		if e.Key == "_id" {
			withID = truth(e.Value)
			continue
		}
		if mode > 0 && wanted != truth(e.Value) {
			return nil, refuse(31254, "a projection cannot both include and exclude fields")
		}
		wanted, mode = truth(e.Value), mode+1
		paths = append(paths, split(e.Key))
	}
	if wanted || mode == 0 && withID {
		if withID {
			paths = append(paths, []string{"_id"})
		}
		return func(d bson.D) bson.D { return keep(d, paths).(bson.D) }, nil
	}
	if !withID {
		paths = append(paths, []string{"_id"})
	}
	return func(d bson.D) bson.D { return drop(d, paths).(bson.D) }, nil
}

// under answers what is left of the paths that go through the field, and
// whether one ends there.
func under(paths [][]string, key string) (rest [][]string, ends bool) {
	for _, p := range paths {
		switch {
		case p[0] != key:
		case len(p) == 1:
			ends = true
		default:
			rest = append(rest, p[1:])
		}
	}
	return rest, ends
}

// keep answers what of a value is on the paths.
func keep(v any, paths [][]string) any {
	switch v := v.(type) {
	case bson.D:
		out := bson.D{}
		for _, e := range v {
			rest, ends := under(paths, e.Key)
			if ends {
				out = append(out, e)
			} else if c := classOf(e.Value); len(rest) > 0 && (c == classDocument || c == classArray) {
				out = append(out, bson.E{Key: e.Key, Value: keep(e.Value, rest)})
			}
		}
		return out
	case bson.A:
		out := bson.A{}
		for _, e := range v {
			if c := classOf(e); c == classDocument || c == classArray {
				out = append(out, keep(e, paths))
			}
		}
		return out
	}
	return v
}

// drop answers what of a value is not on the paths.
func drop(v any, paths [][]string) any {
	switch v := v.(type) {
	case bson.D:
		out := bson.D{}
		for _, e := range v {
			if rest, ends := under(paths, e.Key); !ends {
				if len(rest) > 0 {
					e.Value = drop(e.Value, rest)
				}
				out = append(out, e)
			}
		}
		return out
	case bson.A:
		out := make(bson.A, len(v))
		for i := range v {
			out[i] = drop(v[i], paths)
		}
		return out
	}
	return v
}
