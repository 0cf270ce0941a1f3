package memory

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// absent stands for a field that is not there.
type absent struct{}

// reach calls with every value that a dotted path leads to; arrays on the way
// lead through each of their documents. Where a document ends before the path
// does it calls with absent.
func reach(v any, path []string, each func(v any)) {
	if len(path) == 0 {
		each(v)
		return
	}
	switch v := v.(type) {
	case bson.D:
		if sub, ok := field(v, path[0]); ok {
			reach(sub, path[1:], each)
		} else {
			each(absent{})
		}
	case bson.A:
		if i, ok := place(path[0], len(v)); ok {
			reach(v[i], path[1:], each)
		}
		for _, e := range v {
			if d, ok := e.(bson.D); ok {
				reach(d, path, each)
			}
		}
	default:
		each(absent{})
	}
}

// place reads a path's component as a place in an array.
func place(s string, n int) (int, bool) {
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0 && i < n
}

func split(path string) []string { return strings.Split(path, ".") }

// put answers the document with the value at the path; the one given stays as
// it is. Documents on the way are made where there is nothing.
func put(v any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	switch v := v.(type) {
	case nil:
		sub, err := put(nil, path[1:], value)
		return bson.D{{Key: path[0], Value: sub}}, err
	case bson.D:
		i := slices.IndexFunc(v, func(e bson.E) bool { return e.Key == path[0] })
		if i < 0 {
			sub, err := put(nil, path[1:], value)
			return append(slices.Clip(v), bson.E{Key: path[0], Value: sub}), err
		}
		sub, err := putOver(v[i].Value, path[1:], value)
		v = slices.Clone(v)
		v[i].Value = sub
		return v, err
	case bson.A:
		i, ok := place(path[0], len(v))
		if !ok {
			return nil, refuse(codePathNotViable, "cannot make element %q in an array", path[0])
		}
		sub, err := putOver(v[i], path[1:], value)
		v = slices.Clone(v)
		v[i] = sub
		return v, err
	}
	return nil, refuse(codePathNotViable, "cannot make field %q in a value of another type", path[0])
}

// putOver is put into what is there: null there is a value, no empty place.
func putOver(v any, path []string, value any) (any, error) {
	if v == nil && len(path) > 0 {
		return nil, refuse(codePathNotViable, "cannot make field %q in null", path[0])
	}
	return put(v, path, value)
}

// without answers the value without what is at the path.
func without(v any, path []string) any {
	switch v := v.(type) {
	case bson.D:
		i := slices.IndexFunc(v, func(e bson.E) bool { return e.Key == path[0] })
		switch {
		case i < 0:
			return v
		case len(path) == 1:
			return append(slices.Clip(v[:i]), v[i+1:]...)
		}
		v = slices.Clone(v)
		v[i].Value = without(v[i].Value, path[1:])
		return v
	case bson.A:
		i, ok := place(path[0], len(v))
		if !ok {
			return v
		}
		v = slices.Clone(v)
		if len(path) == 1 {
			v[i] = nil // an array keeps its length
		} else {
			v[i] = without(v[i], path[1:])
		}
		return v
	}
	return v
}
