package memory

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxSpans bounds how many places of an index one query looks at.
const maxSpans = 20_000

// plan is a way through indexes that leads past every document that may match.
type plan struct {
	spans []span
	// points are how many fields, at the least, are looked up by their values.
	points int
	// again tells that the way may lead past a document more than once.
	again bool
	// sorted tells that the way is in the order asked for, backwards or not.
	sorted, backwards bool
}

// span is a stretch of an index, with its ends.
type span struct {
	ix       *index
	from, to entry
}

// choose picks the way that narrows the most. The caller holds the
// collection's lock.
func choose(indexes []*index, f filter, sort bson.D) plan {
	best := narrowest(indexes, f, sort)
	if best.points > 0 || len(f.either) == 0 {
		return best
	}
	// Each part of an $or by its own index.
	all := plan{again: true, points: 1}
	for _, part := range f.either {
		p := choose(indexes, part, nil)
		if p.points == 0 {
			return best
		}
		all.spans = append(all.spans, p.spans...)
	}
	return all
}

// narrowest picks the index that narrows the most, and of those one in the
// order asked for.
func narrowest(indexes []*index, f filter, sort bson.D) plan {
	var best plan
	score := -1
	for _, ix := range indexes {
		p := ix.plan(f, sort)
		n := 4 * p.points
		if len(p.spans) > 0 && len(p.spans[0].from.key) > p.points {
			n += 2 // a range behind the points
		}
		if p.sorted && len(sort) > 0 {
			n += 3
		}
		if ix.sparse && !ix.serves(f) {
			continue
		}
		if n > score {
			best, score = p, n
		}
	}
	return best
}

// serves tells whether every document that matches is in the sparse index.
func (ix *index) serves(f filter) bool {
	return slices.ContainsFunc(f.all, func(c condition) bool {
		return slices.ContainsFunc(ix.spec, func(e bson.E) bool { return e.Key == c.path }) && !slices.ContainsFunc(c.values, func(v any) bool { return v == nil })
	})
}

// plan goes along the fields of the index: values to be equal to first, then a
// range.
func (ix *index) plan(f filter, sort bson.D) plan {
	p := plan{again: ix.multi}
	points := 0
	prefixes := [][]any{nil}
	single := 0 // fields with one value
	for _, e := range ix.spec {
		values, ok := pointsOf(f, e.Key)
		if !ok || len(values)*len(prefixes) > maxSpans {
			break
		}
		if points == single && len(values) == 1 {
			single++
		}
		prefixes = cross(prefixes, values)
		points++
	}
	low, high := prefixes, prefixes
	if points < len(ix.spec) {
		if from, to, ok := rangeOf(f, ix.spec[points].Key); ok && !ix.multi {
			if ix.down[points] {
				from, to = to, from
			}
			low, high = cross(prefixes, []any{from}), cross(prefixes, []any{to})
		}
	}
	for i := range low {
		p.spans = append(p.spans, span{ix, entry{key: low[i]}, entry{key: high[i], after: true}})
	}
	slices.SortFunc(p.spans, func(a, b span) int { return ix.compare(a.from.key, b.from.key) })
	p.sorted = len(sort) == 0
	if len(p.spans) <= 1 {
		p.sorted, p.backwards = ix.gives(sort, single)
	}
	p.points = points
	return p
}

// cross appends each value to each prefix.
func cross(prefixes [][]any, values []any) [][]any {
	out := make([][]any, 0, len(prefixes)*len(values))
	for _, p := range prefixes {
		for _, v := range values {
			out = append(out, append(slices.Clip(p), v))
		}
	}
	return out
}

// pointsOf answers the values one of which a field must have. An array may stand
// for itself or for an element: no points.
func pointsOf(f filter, path string) ([]any, bool) {
	for _, c := range f.all {
		if c.path != path || c.op != "$eq" && c.op != "$in" {
			continue
		}
		if !slices.ContainsFunc(c.values, func(v any) bool { return classOf(v) == classArray }) {
			values := slices.Clone(c.values)
			slices.SortFunc(values, compare)
			return slices.CompactFunc(values, func(a, b any) bool { return compare(a, b) == 0 }), true
		}
	}
	return nil, false
}

// rangeOf answers the ends between which a field must be.
func rangeOf(f filter, path string) (from, to any, ok bool) {
	for _, c := range f.all {
		if c.path != path {
			continue
		}
		switch c.op {
		case "$gt", "$gte":
			from = c.values[0]
		case "$lt", "$lte":
			to = c.values[0]
		}
	}
	switch {
	case from == nil && to == nil:
		return nil, nil, false
	case from == nil:
		from = edge{class: classOf(to)}
	case to == nil:
		to = edge{class: classOf(from), end: true}
	}
	return from, to, true
}

// gives tells whether the index is in the order asked for, once its first
// fields have one value each.
func (ix *index) gives(sort bson.D, single int) (sorted, backwards bool) {
	if ix.multi && len(sort) > 0 {
		return false, false
	}
	fields, at := ix.spec, single
	for _, s := range sort {
		fixed := slices.ContainsFunc(fields[:single], func(e bson.E) bool { return e.Key == s.Key })
		if fixed {
			continue
		}
		if at >= len(fields) || fields[at].Key != s.Key {
			return false, false
		}
		against := (float(s.Value) < 0) != ix.down[at]
		if at > single && against != backwards {
			return false, false
		}
		backwards = against
		at++
	}
	return true, backwards
}
