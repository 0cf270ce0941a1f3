package httpapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// checkQuery holds the query to the document. A parameter it does not name is
// refused: a filter with a typing error must not answer everything.
func (s *server) checkQuery(c *gin.Context) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		s.refuse(c, invalid(fieldError{"", "the query cannot be read"}))
		return
	}
	if fields := s.operation(c).checkQuery(values); len(fields) > 0 {
		s.refuse(c, invalid(fields...))
		return
	}
	c.Next()
}

func (op *operation) checkQuery(values url.Values) []fieldError {
	var fields []fieldError
	for name, given := range values {
		p := op.query[name]
		switch {
		case p == nil && op.open:
		case p == nil:
			fields = append(fields, fieldError{name, "is not a parameter of this request"})
		case len(given) > 1:
			fields = append(fields, fieldError{name, "is given more than once: separate values by commas"})
		case !utf8.ValidString(given[0]) || strings.ContainsRune(given[0], 0):
			fields = append(fields, fieldError{name, "is not plain text in UTF-8"})
		default:
			if err := p.schema.Validate(p.value(given[0])); err != nil {
				for _, v := range violations(err) {
					fields = append(fields, fieldError{name + v.field, v.message})
				}
			}
		}
	}
	slices.SortFunc(fields, func(a, b fieldError) int { return strings.Compare(a.field, b.field) })
	return fields
}

// value is the parameter as the JSON value its schema is about. What does not
// look like one stays a string, which the schema then refuses.
func (p *parameter) value(s string) any {
	switch {
	case p.kind == "array":
		items := []any{}
		for item := range strings.SplitSeq(s, ",") {
			items = append(items, item)
		}
		return items
	case p.kind == "boolean" && (s == "true" || s == "false"):
		return s == "true"
	case p.kind == "integer" && wholeNumber(s):
		return json.Number(s)
	}
	return s
}

func wholeNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && len(digits) < 19 && strings.Trim(digits, "0123456789") == ""
}
