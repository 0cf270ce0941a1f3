package memory

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// class is a type's place in the order of types. Values of different classes
// compare by it, and ranges stay within one.
type class int

const (
	classMin class = iota
	classNull
	classNumber
	classString
	classDocument
	classArray
	classBinary
	classObjectID
	classBool
	classDate
	classTimestamp
	classRegex
	classMax
)

// edge is the beginning or the end of a class, for bounds of an index.
type edge struct {
	class class
	end   bool
}

func classOf(v any) class {
	switch v := v.(type) {
	case bson.MinKey:
		return classMin
	case nil, bson.Null, bson.Undefined:
		return classNull
	case int32, int64, float64:
		return classNumber
	case string, bson.Symbol:
		return classString
	case bson.D:
		return classDocument
	case bson.A:
		return classArray
	case bson.Binary:
		return classBinary
	case bson.ObjectID:
		return classObjectID
	case bool:
		return classBool
	case bson.DateTime:
		return classDate
	case bson.Timestamp:
		return classTimestamp
	case bson.Regex:
		return classRegex
	case bson.MaxKey:
		return classMax
	case edge:
		return v.class
	}
	panic(fmt.Sprintf("a value of type %T", v))
}

// compare orders two values as MongoDB does.
func compare(a, b any) int {
	ca, cb := classOf(a), classOf(b)
	if ca != cb {
		return cmp.Compare(ca, cb)
	}
	ea, isA := a.(edge)
	eb, isB := b.(edge)
	if isA || isB {
		return cmp.Compare(ea.place(isA), eb.place(isB))
	}
	switch ca {
	case classNumber:
		return compareNumbers(a, b)
	case classString:
		return cmp.Compare(text(a), text(b))
	case classDocument:
		return compareDocuments(a.(bson.D), b.(bson.D))
	case classArray:
		return slices.CompareFunc(a.(bson.A), b.(bson.A), compare)
	case classBinary:
		return compareBinaries(a.(bson.Binary), b.(bson.Binary))
	case classObjectID:
		x, y := a.(bson.ObjectID), b.(bson.ObjectID)
		return bytes.Compare(x[:], y[:])
	case classBool:
		return cmp.Compare(number(a.(bool)), number(b.(bool)))
	case classDate:
		return cmp.Compare(a.(bson.DateTime), b.(bson.DateTime))
	case classTimestamp:
		x, y := a.(bson.Timestamp), b.(bson.Timestamp)
		return x.Compare(y)
	case classRegex:
		x, y := a.(bson.Regex), b.(bson.Regex)
		return cmp.Or(cmp.Compare(x.Pattern, y.Pattern), cmp.Compare(x.Options, y.Options))
	}
	return 0
}

// place is -1 before all values of the class, 1 after them, 0 for a value.
func (e edge) place(is bool) int {
	switch {
	case !is:
		return 0
	case e.end:
		return 1
	}
	return -1
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func text(v any) string {
	if s, ok := v.(bson.Symbol); ok {
		return string(s)
	}
	return v.(string)
}

func compareNumbers(a, b any) int {
	x, xWhole := whole(a)
	y, yWhole := whole(b)
	if xWhole && yWhole {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(float(a), float(b))
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

func float(v any) float64 {
	if f, ok := v.(float64); ok {
		return f
	}
	n, _ := whole(v)
	return float64(n)
}

func compareDocuments(a, b bson.D) int {
	return slices.CompareFunc(a, b, func(x, y bson.E) int {
		return cmp.Or(cmp.Compare(classOf(x.Value), classOf(y.Value)), cmp.Compare(x.Key, y.Key), compare(x.Value, y.Value))
	})
}

func compareBinaries(a, b bson.Binary) int {
	return cmp.Or(cmp.Compare(len(a.Data), len(b.Data)), cmp.Compare(a.Subtype, b.Subtype), bytes.Compare(a.Data, b.Data))
}

// truth is what MongoDB takes a value for where it wants yes or no.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int32, int64, float64:
		return float(v) != 0
	}
	return classOf(v) != classNull
}

// get answers a field of a document, nil if there is none.
func get(d bson.D, key string) any {
	v, _ := field(d, key)
	return v
}

func field(d bson.D, key string) (any, bool) {
	for i := range d {
		if d[i].Key == key {
			return d[i].Value, true
		}
	}
	return nil, false
}
