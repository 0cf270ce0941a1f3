package memory

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// arguments reads a command, or a part of one. The first thing that is wrong
// with it is kept, and what is read after it means nothing.
type arguments struct {
	of  string
	d   bson.D
	err error
}

// general are arguments that every command may have. A session's number says
// nothing to a server without sessions.
var general = []string{"$db", "lsid", "$clusterTime", "$readPreference", "readConcern", "writeConcern", "maxTimeMS", "comment"}

// only refuses what is neither named nor general.
func (a *arguments) only(names ...string) {
	for _, e := range a.d {
		if !slices.Contains(names, e.Key) && !slices.Contains(general, e.Key) {
			a.fail(refuse(codeUnknownField, "BSON field '%s.%s' is an unknown field here", a.of, e.Key))
		}
	}
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *arguments) document(name string) bson.D {
	v, ok := field(a.d, name)
	if !ok || v == nil {
		return nil
	}
	d, ok := v.(bson.D)
	if !ok {
		a.fail(refuse(codeTypeMismatch, "BSON field '%s.%s' is the wrong type", a.of, name))
	}
	return d
}

// parts are the documents of a list.
func (a *arguments) parts(name string) []bson.D {
	list, ok := get(a.d, name).(bson.A)
	if !ok {
		a.fail(refuse(codeTypeMismatch, "BSON field '%s.%s' is no array", a.of, name))
	}
	out := make([]bson.D, len(list))
	for i, v := range list {
		if out[i], ok = v.(bson.D); !ok {
			a.fail(refuse(codeTypeMismatch, "BSON field '%s.%s' holds what is no document", a.of, name))
		}
	}
	return out
}

func (a *arguments) number(name string, otherwise int) int {
	v, ok := field(a.d, name)
	if !ok || v == nil {
		return otherwise
	}
	if classOf(v) != classNumber {
		a.fail(refuse(codeTypeMismatch, "BSON field '%s.%s' is no number", a.of, name))
		return otherwise
	}
	return int(float(v))
}

func (a *arguments) flag(name string, otherwise bool) bool {
	v, ok := field(a.d, name)
	if !ok {
		return otherwise
	}
	return truth(v)
}

func (a *arguments) text(name string) string {
	s, ok := get(a.d, name).(string)
	if !ok {
		a.fail(refuse(codeTypeMismatch, "BSON field '%s.%s' is no string", a.of, name))
	}
	return s
}

// part answers the reader of a part.
func (a *arguments) part(name string, d bson.D) *arguments {
	return &arguments{of: a.of + "." + name, d: d}
}
