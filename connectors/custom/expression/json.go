package expression

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxDecoded is how many values a decoded document may hold. A webhook of a
// thousand events has some ten thousand.
const maxDecoded = 100_000

// ErrJSON is wrapped by errors of DecodeJSON.
var ErrJSON = errors.New("not the JSON expected")

// DecodeJSON reads a document for expressions: whole numbers as int64, so that
// ids keep all their digits, others as float64. One with too many values or too
// deep is refused before memory is spent on it.
func DecodeJSON(raw []byte) (any, error) {
	if err := weigh(raw); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrJSON, fault(err, dec))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the document", ErrJSON)
	}
	return numbers(doc), nil
}

func fault(err error, dec *json.Decoder) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it breaks off or goes wrong at byte %d", syntax.Offset)
	}
	return fmt.Sprintf("it breaks off at byte %d", dec.InputOffset())
}

// weigh counts values and depth without reading them.
func weigh(raw []byte) error {
	values, depth, quoted := 1, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > deepest {
			return fmt.Errorf("%w: more than %d lists and objects in each other", ErrJSON, deepest)
		}
	}
	if values > maxDecoded {
		return fmt.Errorf("%w: more than %d values", ErrJSON, maxDecoded)
	}
	return nil
}

// numbers replaces numbers as written by numbers to count with.
func numbers(v any) any {
	switch x := v.(type) {
	case json.Number:
		return readNumber(x.String())
	case []any:
		for i := range x {
			x[i] = numbers(x[i])
		}
	case map[string]any:
		for name := range x {
			x[name] = numbers(x[name])
		}
	}
	return v
}

// readNumber keeps whole numbers whole. One beyond both kinds stays text.
func readNumber(text string) any {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return f
}
