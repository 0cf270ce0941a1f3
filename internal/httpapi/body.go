package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// checkBody reads the body and holds it to the document before anybody acts on
// it. An operation without a body takes none, or an empty JSON object.
func (s *server) checkBody(c *gin.Context) {
	op := s.operation(c)
	if !op.mutating {
		c.Next()
		return
	}
	if op.raw {
		s.takeFile(c)
		return
	}
	data, err := readBody(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(data) == 0 && op.body == nil {
		c.Next()
		return
	}
	if err := checkMediaType(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	if err := op.checkBody(data); err != nil {
		s.fail(c, err)
		return
	}
	c.Set(keyBody, data)
	c.Next()
}

func readBody(c *gin.Context) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, problem(http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body is larger than %d KiB", tooLarge.Limit>>10))
	}
	if err != nil {
		return nil, problem(http.StatusBadRequest, codeBadJSON, "the body could not be read to its end")
	}
	return data, nil
}

func checkMediaType(r *http.Request) error {
	if r.Header.Get("Content-Encoding") != "" {
		return problem(http.StatusUnsupportedMediaType, codeMediaType, "send the body without Content-Encoding")
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return problem(http.StatusUnsupportedMediaType, codeMediaType, "send JSON in UTF-8 as Content-Type: application/json")
	}
	return nil
}

func (op *operation) checkBody(data []byte) error {
	value, fields, err := readStrict(data)
	if err != nil {
		return problem(http.StatusBadRequest, codeBadJSON, err.Error())
	}
	if len(fields) > 0 {
		return invalid(fields...)
	}
	if op.body == nil {
		if object, ok := value.(map[string]any); !ok || len(object) > 0 {
			return invalid(fieldError{"", "this operation takes no body"})
		}
		return nil
	}
	if err := op.body.Validate(value); err != nil {
		return invalid(violations(err)...)
	}
	return nil
}

// decode reads the checked body into v. It answers false when it could not and
// the request was refused: the document allowed what the code cannot read.
func (s *server) decode(c *gin.Context, v any) bool {
	data, _ := c.Get(keyBody)
	body, _ := data.([]byte)
	err := json.Unmarshal(body, v)
	if err == nil {
		return true
	}
	field, why := "", err.Error()
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		field = kind.Field
		if strings.HasPrefix(kind.Type.String(), "int") {
			why = "must be a whole number, without a point, that fits into 64 bits"
		}
	}
	s.refuse(c, invalid(fieldError{field, why}))
	return false
}
