package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/threads"
)

const limitDefault = 50

func limitOf(limit *int) int {
	if limit == nil {
		return limitDefault
	}
	return *limit
}

func pageOf(limit *int, cursor *string) threads.Page {
	return threads.Page{After: threads.Cursor(value(cursor)), Limit: limitOf(limit)}
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// nextCursor is a cursor as lists answer it: null at the end.
func nextCursor[C ~string](c C) nullable.Nullable[string] { return orNull(string(c)) }

// cut shortens a list that was asked for one record more than the page holds,
// and answers the cursor of the next page: the id of the page's last record.
func cut[T any](list []T, limit int, id func(T) string) ([]T, nullable.Nullable[string]) {
	if len(list) <= limit {
		return list, null[string]()
	}
	list = list[:limit]
	return list, nextCursor(id(list[limit-1]))
}

// convert makes a list of another type, never nil: an empty list is [] in JSON.
func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// expected is the version a change is meant for: of the body, or of If-Match,
// which have to agree where both are given. nil when the client does not care.
func expected(version *int64, ifMatch *string) (*int64, error) {
	if ifMatch == nil || *ifMatch == "*" {
		return version, nil
	}
	tag := strings.Trim(strings.TrimPrefix(*ifMatch, "W/"), `"`)
	v, err := strconv.ParseInt(tag, 10, 64)
	if err != nil {
		return nil, invalid(fieldError{"If-Match", "is not an ETag of this hub"})
	}
	if version != nil && *version != v {
		return nil, invalid(fieldError{"If-Match", "names another version than the body: give one of them"})
	}
	return &v, nil
}

// answerVersioned writes a record with its version as the ETag.
func (s *server) answerVersioned(c *gin.Context, status int, version int64, v any) {
	c.Header("ETag", `"`+strconv.FormatInt(version, 10)+`"`)
	s.answer(c, status, v)
}

func gone(c *gin.Context) { c.Status(http.StatusNoContent); c.Writer.WriteHeaderNow() }
