package memory

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// change answers what becomes of a document; made tells that it is made by an
// upsert. The document given stays as it is.
type change func(d bson.D, made bool) (bson.D, error)

// newChange reads an update: operators, or a document that replaces the other.
func newChange(v any) (change, error) {
	d, ok := v.(bson.D)
	if !ok {
		return nil, refuse(codeFailedToParse, "an update has to be a document here, not a pipeline")
	}
	if len(d) == 0 || !strings.HasPrefix(d[0].Key, "$") {
		return replacement(d), nil
	}
	var steps []change
	for _, e := range d {
		fields, ok := e.Value.(bson.D)
		if !ok {
			return nil, refuse(codeFailedToParse, "modifiers operate on fields: %s", e.Key)
		}
		step, known := modifiers[e.Key]
		if !known {
			return nil, refuse(codeFailedToParse, "unknown modifier: %s", e.Key)
		}
		for _, f := range fields {
			path := split(f.Key)
			if f.Key == "" || strings.Contains(f.Key, "$") {
				return nil, refuse(codeBadValue, "the path %q is not known here", f.Key)
			}
			steps = append(steps, func(d bson.D, made bool) (bson.D, error) { return step(d, path, f.Value, made) })
		}
	}
	return func(d bson.D, made bool) (bson.D, error) {
		id, had := field(d, "_id")
		var err error
		for _, step := range steps {
			if d, err = step(d, made); err != nil {
				return nil, err
			}
		}
		if had && compare(get(d, "_id"), id) != 0 {
			return nil, refuse(codeImmutableField, "performing an update on the path '_id' would modify the immutable field '_id'")
		}
		return d, nil
	}, nil
}

func replacement(to bson.D) change {
	return func(d bson.D, _ bool) (bson.D, error) {
		id, had := field(d, "_id")
		if wants, has := field(to, "_id"); has && had && compare(wants, id) != 0 {
			return nil, refuse(codeImmutableField, "the _id field cannot be changed")
		} else if has || !had {
			return to, nil
		}
		return append(bson.D{{Key: "_id", Value: id}}, to...), nil
	}
}

// modifiers carry out an operator on one path.
var modifiers = map[string]func(d bson.D, path []string, value any, made bool) (bson.D, error){
	"$set": func(d bson.D, path []string, value any, _ bool) (bson.D, error) { return putIn(d, path, value) },
	"$setOnInsert": func(d bson.D, path []string, value any, made bool) (bson.D, error) {
		if !made {
			return d, nil
		}
		return putIn(d, path, value)
	},
	"$unset": func(d bson.D, path []string, _ any, _ bool) (bson.D, error) { return without(d, path).(bson.D), nil },
	"$inc":   increment,
	"$min":   extreme(-1),
	"$max":   extreme(1),
}

func putIn(d bson.D, path []string, value any) (bson.D, error) {
	out, err := put(d, path, value)
	if err != nil {
		return nil, err
	}
	return out.(bson.D), nil
}

// at answers the one value at a path of an update.
func at(d bson.D, path []string) (value any, there bool) {
	value = d
	for _, p := range path {
		switch v := value.(type) {
		case bson.D:
			if value, there = field(v, p); !there {
				return nil, false
			}
		case bson.A:
			i, ok := place(p, len(v))
			if !ok {
				return nil, false
			}
			value, there = v[i], true
		default:
			return nil, false
		}
	}
	return value, there
}

func increment(d bson.D, path []string, by any, _ bool) (bson.D, error) {
	if classOf(by) != classNumber {
		return nil, refuse(codeTypeMismatch, "cannot increment with a value that is no number")
	}
	now, there := at(d, path)
	if !there {
		return putIn(d, path, by)
	}
	if classOf(now) != classNumber {
		return nil, refuse(codeTypeMismatch, "cannot apply $inc to a value that is no number")
	}
	return putIn(d, path, sum(now, by))
}

func sum(a, b any) any {
	x, xWhole := whole(a)
	y, yWhole := whole(b)
	if !xWhole || !yWhole {
		return float(a) + float(b)
	}
	_, small := a.(int32)
	_, smallToo := b.(int32)
	if total := x + y; small && smallToo && int64(int32(total)) == total {
		return int32(total)
	}
	return x + y
}

// extreme keeps the smaller value (-1) or the larger one (1).
func extreme(sign int) func(d bson.D, path []string, value any, made bool) (bson.D, error) {
	return func(d bson.D, path []string, value any, _ bool) (bson.D, error) {
		if now, there := at(d, path); there && compare(value, now)*sign <= 0 {
			return d, nil
		}
		return putIn(d, path, value)
	}
}

// seed is the document that an upsert begins with: what its filter demands.
func seed(f filter) (bson.D, error) {
	var d bson.D
	for _, c := range f.all {
		if c.op != "$eq" {
			continue
		}
		var err error
		if d, err = putIn(d, split(c.path), c.values[0]); err != nil {
			return nil, err
		}
	}
	return d, nil
}
