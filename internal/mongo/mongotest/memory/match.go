package memory

import (
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// filter tells which documents are meant.
type filter struct {
	// all hold for every document that matches; an index may serve them.
	all []condition
	// either has parts one of which holds for every document that matches; a
	// way through indexes for each of them may serve it. It may be empty.
	either []filter
	test   func(d bson.D) bool
}

// condition is a comparison of a field: $eq, $in, $gt, $gte, $lt, $lte or
// $exists (true).
type condition struct {
	path string
	op   string
	// values are those of $in, and otherwise the one.
	values []any
}

// allOf is what all parts of a filter say together.
func allOf(parts []filter) filter {
	if len(parts) == 1 {
		return parts[0]
	}
	f := filter{test: func(d bson.D) bool {
		return !slices.ContainsFunc(parts, func(p filter) bool { return !p.test(d) })
	}}
	for _, p := range parts {
		f.all = append(f.all, p.all...)
		if len(f.either) == 0 {
			f.either = p.either
		}
	}
	return f
}

// newFilter reads a filter.
func newFilter(d bson.D) (filter, error) {
	parts := make([]filter, len(d))
	for i, e := range d {
		var err error
		if parts[i], err = newPart(e); err != nil {
			return filter{}, err
		}
	}
	return allOf(parts), nil
}

func newPart(e bson.E) (filter, error) {
	switch {
	case e.Key == "$and" || e.Key == "$or" || e.Key == "$nor":
		return newLogic(e)
	case e.Key == "$comment":
		return allOf(nil), nil
	case strings.HasPrefix(e.Key, "$"):
		return filter{}, refuse(codeBadValue, "unknown top level operator: %s", e.Key)
	}
	ops, ok := e.Value.(bson.D)
	if !ok || len(ops) == 0 || !strings.HasPrefix(ops[0].Key, "$") {
		if _, ok := e.Value.(bson.Regex); ok {
			return newCondition(e.Key, "$regex", e.Value)
		}
		return newCondition(e.Key, "$eq", e.Value)
	}
	parts := make([]filter, len(ops))
	for i, op := range ops {
		var err error
		if parts[i], err = newCondition(e.Key, op.Key, op.Value); err != nil {
			return filter{}, err
		}
	}
	return allOf(parts), nil
}

func newLogic(e bson.E) (filter, error) {
	list, ok := e.Value.(bson.A)
	if !ok || len(list) == 0 {
		return filter{}, refuse(codeBadValue, "%s must be a nonempty array", e.Key)
	}
	var parts []filter
	for _, v := range list {
		d, ok := v.(bson.D)
		if !ok {
			return filter{}, refuse(codeBadValue, "%s entries need to be full objects", e.Key)
		}
		part, err := newFilter(d)
		if err != nil {
			return filter{}, err
		}
		parts = append(parts, part)
	}
	if e.Key == "$and" {
		return allOf(parts), nil
	}
	f := filter{test: func(d bson.D) bool {
		return slices.ContainsFunc(parts, func(p filter) bool { return p.test(d) }) == (e.Key == "$or")
	}}
	if e.Key == "$or" {
		f.either = parts
	}
	return f, nil
}

// newCondition reads one comparison of a field.
func newCondition(path, op string, value any) (filter, error) {
	at := split(path)
	f := filter{all: []condition{{path, op, []any{value}}}}
	switch op {
	case "$eq":
		f.test = anyValue(at, equals(value))
	case "$gt", "$gte", "$lt", "$lte":
		f.test = anyValue(at, within(op, value))
	case "$in":
		list, err := listOf(op, value)
		if err != nil {
			return filter{}, err
		}
		f.all[0].values = list
		f.test = anyValue(at, oneOf(list))
	case "$exists":
		f.test = exists(at, truth(value))
		if !truth(value) {
			f.all = nil
		}
	case "$ne", "$nin", "$not":
		return newNegation(path, op, value)
	case "$regex":
		f.all = nil
		re, err := pattern(value)
		if err != nil {
			return filter{}, err
		}
		f.test = anyValue(at, func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) })
	default:
		return filter{}, refuse(codeBadValue, "unknown operator: %s", op)
	}
	return f, nil
}

func newNegation(path, op string, value any) (filter, error) {
	var positive filter
	var err error
	switch op {
	case "$ne":
		positive, err = newCondition(path, "$eq", value)
	case "$nin":
		positive, err = newCondition(path, "$in", value)
	default:
		positive, err = newPart(bson.E{Key: path, Value: value})
	}
	if err != nil {
		return filter{}, err
	}
	return filter{test: func(d bson.D) bool { return !positive.test(d) }}, nil
}

func listOf(op string, value any) ([]any, error) {
	list, ok := value.(bson.A)
	if !ok {
		return nil, refuse(codeBadValue, "%s needs an array", op)
	}
	return list, nil
}

// anyValue tells whether one of the values at the path passes: an array by
// itself or by one of its elements.
func anyValue(path []string, pass func(v any) bool) func(bson.D) bool {
	return func(d bson.D) bool {
		found := false
		reach(d, path, func(v any) {
			if found {
				return
			}
			if _, gone := v.(absent); gone {
				v = nil
			}
			found = pass(v)
			if list, ok := v.(bson.A); ok && !found {
				found = slices.ContainsFunc(list, pass)
			}
		})
		return found
	}
}

func equals(want any) func(any) bool {
	return func(v any) bool { return compare(v, want) == 0 }
}

func oneOf(list []any) func(any) bool {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, compare)
	return func(v any) bool {
		_, ok := slices.BinarySearchFunc(sorted, v, compare)
		return ok
	}
}

// within compares with values of the same class only.
func within(op string, want any) func(any) bool {
	return func(v any) bool {
		if classOf(v) != classOf(want) {
			return false
		}
		c := compare(v, want)
		switch op {
		case "$gt":
			return c > 0
		case "$gte":
			return c >= 0
		case "$lt":
			return c < 0
		}
		return c <= 0
	}
}

func exists(path []string, want bool) func(bson.D) bool {
	return func(d bson.D) bool {
		found := false
		reach(d, path, func(v any) {
			_, gone := v.(absent)
			found = found || !gone
		})
		return found == want
	}
}

// pattern reads a regular expression, whose dialects agree on what the store
// writes.
func pattern(value any) (*regexp.Regexp, error) {
	source, options := "", ""
	switch v := value.(type) {
	case bson.Regex:
		source, options = v.Pattern, v.Options
	case string:
		source = v
	default:
		return nil, refuse(codeBadValue, "$regex has to be a string")
	}
	if strings.Trim(options, "ims") != "" {
		return nil, refuse(codeBadValue, "options %q of a pattern are not known here", options)
	}
	if options != "" {
		source = "(?" + options + ")" + source
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, refuse(codeBadValue, "pattern: %s", err)
	}
	return re, nil
}
