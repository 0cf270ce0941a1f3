package meta

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Digest is prefix and a short hash of parts, for the keys of events that have
// no id. The same parts give the same key.
func Digest(prefix string, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return prefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// WrongType tells a value of the wrong type, after which encoding/json went on
// decoding, from JSON that is none.
func WrongType(err error) bool {
	var t *json.UnmarshalTypeError
	return errors.As(err, &t)
}

// Because adds to reason what json.Unmarshal could not read, without naming Go
// types. err may be nil.
func Because(reason string, err error) string {
	var t *json.UnmarshalTypeError
	switch {
	case errors.As(err, &t) && t.Field != "":
		return fmt.Sprintf("%s: %s is a %s", reason, t.Field, t.Value)
	case errors.As(err, &t):
		return fmt.Sprintf("%s: it is a %s", reason, t.Value)
	default:
		return reason
	}
}
