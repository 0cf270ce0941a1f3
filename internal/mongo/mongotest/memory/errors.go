package memory

import (
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Codes of the MongoDB manual.
const (
	codeBadValue          = 2
	codeFailedToParse     = 9
	codeTypeMismatch      = 14
	codeNamespaceNotFound = 26
	codePathNotViable     = 28
	codeCursorNotFound    = 43
	codeCommandNotFound   = 59
	codeImmutableField    = 66
	codeInvalidOptions    = 72
	codeIndexConflict     = 86
	codeDuplicateKey      = 11000
	codeUnknownField      = 40415
)

// refusal is an error that a client is told.
type refusal struct {
	code    int32
	message string
	// Of a duplicate key.
	pattern, values bson.D
}

func (r *refusal) Error() string { return r.message }

func refuse(code int32, format string, args ...any) error {
	return &refusal{code: code, message: fmt.Sprintf(format, args...)}
}

// document is the error as a whole answer.
func (r *refusal) document() bson.D {
	return append(bson.D{{Key: "ok", Value: 0.0}, {Key: "errmsg", Value: r.message}}, r.details()...)
}

func (r *refusal) details() bson.D {
	d := bson.D{{Key: "code", Value: r.code}, {Key: "codeName", Value: fmt.Sprintf("Code%d", r.code)}}
	if r.pattern != nil {
		d = append(d, bson.E{Key: "keyPattern", Value: r.pattern}, bson.E{Key: "keyValue", Value: r.values})
	}
	return d
}

// writeError is the error of one of a bulk's statements.
func writeError(i int, err error) bson.D {
	r := refusalOf(err)
	d := bson.D{{Key: "index", Value: int32(i)}, {Key: "errmsg", Value: r.message}}
	return append(d, r.details()...)
}

func refusalOf(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	return &refusal{code: 1, message: err.Error()}
}
