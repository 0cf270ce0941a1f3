package wechat

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxDepth is deeper than anything WeChat sends.
const maxDepth = 16

// field is one element that holds no others, or one member of a JSON object.
type field struct{ name, value string }

// fields are those of a message, in their order and without what they stand in:
// no two of WeChat's have the same name but the members of a list.
type fields []field

func (f fields) get(name string) string {
	for i := range f {
		if f[i].name == name {
			return f[i].value
		}
	}
	return ""
}

// all are the values of the fields that repeat in a list.
func (f fields) all(name string) (values []string) {
	for i := range f {
		if f[i].name == name {
			values = append(values, f[i].value)
		}
	}
	return values
}

// first is the first of several names that has a value.
func (f fields) first(names ...string) string {
	for _, name := range names {
		if v := f.get(name); v != "" {
			return v
		}
	}
	return ""
}

func (f fields) number(name string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(f.get(name)), 64)
	return v, err == nil && v == v // not NaN
}

// readFields reads a body in either of the formats that an account can choose.
func readFields(body []byte) (fields, error) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '{' {
		return readJSON(trimmed)
	}
	if f, ok := readFlat(string(body)); ok {
		return f, nil
	}
	f, err := readXML(body)
	if err != nil {
		// People can type what XML has no place for, and WeChat passes it on.
		if clean := readable(body); !bytes.Equal(clean, body) {
			return readXML(clean)
		}
	}
	return f, err
}

// readable replaces what may not stand in XML.
func readable(body []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, bytes.ToValidUTF8(body, []byte("\uFFFD")))
}

var (
	errFormat = errors.New("neither XML nor JSON of the expected form")
	errDepth  = errors.New("elements stand too deep in one another")
)

// readXML collects the elements that hold no others.
func readXML(body []byte) (fields, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	all := make(fields, 0, 12)
	var open [maxDepth]string
	var text []byte
	depth, leaf, done := 0, false, false
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) && done {
			return all, nil
		}
		if err != nil {
			return nil, errFormat
		}
		switch t := token.(type) {
		case xml.StartElement:
			if done || depth == 0 && t.Name.Local != "xml" {
				return nil, errFormat
			}
			if depth == maxDepth {
				return nil, errDepth
			}
			open[depth], leaf, text = t.Name.Local, true, text[:0]
			depth++
		case xml.EndElement:
			if depth == 0 || open[depth-1] != t.Name.Local {
				return nil, errFormat
			}
			depth--
			if leaf && depth > 0 {
				all = append(all, field{t.Name.Local, string(text)})
			}
			leaf, done = false, depth == 0
		case xml.CharData:
			if leaf {
				text = append(text, t...)
			}
		case xml.Directive:
			return nil, errFormat // a document type, and what it may define
		}
	}
}

// readJSON collects the members of an object that are no objects or lists.
func readJSON(body []byte) (fields, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	all := make(fields, 0, 12)
	// names[depth] is the member that is being read, "" between members; lists
	// tells which levels are lists.
	var names [maxDepth + 1]string
	var lists [maxDepth + 1]bool
	for depth := 0; ; {
		token, err := dec.Token()
		if err != nil {
			return nil, errFormat
		}
		if d, ok := token.(json.Delim); ok {
			switch d {
			case '{', '[':
				if depth == maxDepth {
					return nil, errDepth
				}
				depth++
				names[depth], lists[depth] = "", d == '['
				continue
			}
			if depth--; depth > 0 {
				names[depth] = ""
				continue
			}
			if _, err := dec.Token(); !errors.Is(err, io.EOF) {
				return nil, errFormat
			}
			return all, nil
		}
		if !lists[depth] && names[depth] == "" {
			// Not a value: the name of one. Its emptiness is no name of WeChat's.
			name, _ := token.(string)
			names[depth] = name
			if name == "" {
				return nil, errFormat
			}
			continue
		}
		if v, ok := scalar(token); ok && !lists[depth] {
			all = append(all, field{names[depth], v})
		}
		names[depth] = ""
	}
}

func scalar(token json.Token) (string, bool) {
	switch v := token.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// newest is the last moment that WeChat may name: 2100-01-01, in seconds.
const newest = 4_102_444_800

// clock reads a time, in seconds or, from some, in milliseconds; nonsense is no
// time.
func clock(stamp string) time.Time {
	n, err := strconv.ParseInt(strings.TrimSpace(stamp), 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n < newest:
		return time.Unix(n, 0).UTC()
	case n/1000 < newest:
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}
