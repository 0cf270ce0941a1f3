package custom

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"threadhub/connectors/custom/expression"
)

// template is a value with expressions in it: a scalar, a list, an object. What
// an expression answers takes its place in the structure and is written as a
// value whatever it holds.
type template interface {
	// fill answers the value. present is false for one that is to be left out:
	// an expression answered an optional value that is not there.
	fill(s *stage) (value any, present bool, err error)
}

// stage is what templates and expressions are filled from.
type stage struct {
	budget *expression.Budget
	values map[string]any
}

type (
	literal  struct{ value any }
	leaf     struct{ program *expression.Program } // an expression alone keeps its type
	sequence []template
	object   map[string]template
	// textual is text with expressions in it.
	textual []piece
)

// piece is text or an expression.
type piece struct {
	text    string
	program *expression.Program
	// open is set for {{+…}}: an address keeps the slashes of its value.
	open bool
}

func (l literal) fill(*stage) (any, bool, error) { return l.value, true, nil }

func (l leaf) fill(s *stage) (any, bool, error) {
	v, err := l.program.Eval(s.budget, s.values)
	if err != nil {
		return nil, false, err
	}
	if v.Absent() {
		return nil, false, nil
	}
	plain, err := v.Plain()
	return plain, true, err
}

func (t textual) fill(s *stage) (any, bool, error) {
	text, err := t.join(s, func(v string, _ piece) (string, error) { return v, nil })
	return text, true, err
}

// join writes the text, each value as escaped by write.
func (t textual) join(s *stage, write func(value string, p piece) (string, error)) (string, error) {
	var w strings.Builder
	for _, p := range t {
		text := p.text
		if p.program != nil {
			v, err := p.program.Eval(s.budget, s.values)
			if err != nil {
				return "", err
			}
			if text, err = v.Text(); err != nil {
				return "", err
			}
			if text, err = write(text, p); err != nil {
				return "", err
			}
		}
		if w.Len()+len(text) > maxWritten {
			return "", fmt.Errorf("more than %d bytes", maxWritten)
		}
		w.WriteString(text)
	}
	return w.String(), nil
}

func (l sequence) fill(s *stage) (any, bool, error) {
	out := make([]any, 0, len(l))
	for i, t := range l {
		v, present, err := t.fill(s)
		if err != nil {
			return nil, false, fmt.Errorf("[%d]: %w", i, err)
		}
		if present {
			out = append(out, v)
		}
	}
	return out, true, nil
}

func (o object) fill(s *stage) (any, bool, error) {
	out := make(map[string]any, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) {
		v, present, err := o[name].fill(s)
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", name, err)
		}
		if present {
			out[name] = v
		}
	}
	return out, true, nil
}

// maxWritten bounds what a template may become, in bytes.
const maxWritten = 512 << 10

// split takes a text with {{expressions}} apart.
func split(text string) ([]piece, error) {
	var out []piece
	for {
		at := strings.Index(text, "{{")
		if at < 0 {
			break
		}
		if at > 0 {
			out = append(out, piece{text: text[:at]})
		}
		source, rest, ok := enclosed(text[at+2:])
		if !ok {
			return nil, fmt.Errorf("column %d: {{ has no }} that belongs to it", at+1)
		}
		source, open := strings.CutPrefix(source, "+")
		out = append(out, piece{text: source, open: open, program: unset})
		text = rest
	}
	if text != "" || len(out) == 0 {
		out = append(out, piece{text: text})
	}
	return out, nil
}

// unset marks a piece whose text is an expression not compiled yet.
var unset = new(expression.Program)

// enclosed finds the }} that ends an expression: not one in a text of it, nor
// one that ends objects of it.
func enclosed(text string) (source, rest string, ok bool) {
	depth := 0
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && strings.HasPrefix(text[i:], "}}"):
			return text[:i], text[i+2:], true
		}
	}
	return "", "", false
}

// template compiles a value with expressions in it.
func (c *compiler) template(scope scopeName, path string, raw json.RawMessage) template {
	doc, err := expression.DecodeJSON(raw)
	if err != nil {
		c.fault(path, "%s", err)
		return literal{}
	}
	return c.build(scope, path, doc)
}

func (c *compiler) build(scope scopeName, path string, doc any) template {
	switch x := doc.(type) {
	case string:
		return c.text(scope, path, x)
	case []any:
		out := make(sequence, len(x))
		for i, element := range x {
			out[i] = c.build(scope, path+"."+strconv.Itoa(i), element)
		}
		return out
	case map[string]any:
		out := make(object, len(x))
		for _, name := range slices.Sorted(maps.Keys(x)) {
			if strings.Contains(name, "{{") {
				c.fault(path+"."+name, "a name cannot hold an expression: write the whole object as one, as in {{ {name: value} }}")
			}
			out[name] = c.build(scope, path+"."+name, x[name])
		}
		return out
	}
	return literal{doc}
}

// text compiles a text; one that is a single expression keeps its type.
func (c *compiler) text(scope scopeName, path, text string) template {
	pieces := c.pieces(scope, path, text, expression.Anything)
	switch {
	case len(pieces) == 1 && pieces[0].program != nil:
		return leaf{pieces[0].program}
	case len(pieces) == 1:
		return literal{text}
	}
	return pieces
}

// pieces compiles the expressions of a text. Among others they have to answer
// single values; one that stands alone may answer what is wanted.
func (c *compiler) pieces(scope scopeName, path, text string, want expression.Want) textual {
	pieces, err := split(text)
	if err != nil {
		c.fault(path, "%s: close the expression", err)
		return textual{{}}
	}
	if len(pieces) > 1 {
		want = expression.Scalar
	}
	column := 1
	for i, p := range pieces {
		width := len([]rune(p.text))
		if p.program != nil {
			column += 2
			if p.open {
				column++
			}
			pieces[i].program = c.exprAt(scope, path, p.text, want, column-1)
			pieces[i].text = ""
			width += 2
		}
		column += width
	}
	return pieces
}

var errNotText = errors.New("it has to be a single value")

// scalarText writes a filled value as text, for forms, queries and headers.
func scalarText(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case bool:
		return strconv.FormatBool(x), nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), nil
	}
	return "", errNotText
}
