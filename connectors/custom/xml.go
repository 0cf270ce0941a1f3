package custom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"threadhub/connectors"
)

// Bounds of a document in XML.
const (
	maxElements = 20_000
	maxXMLDepth = 64
)

// decodeXML reads a document as objects: {"root": {"@attribute": …, "#text": …,
// "child": …}}. An element with text alone is that text; elements of one name
// beside each other are a list. Documents that declare a type are refused:
// entities of their own are an attack.
func decodeXML(raw []byte) (any, error) {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	r := xmlReader{dec: dec}
	for {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			if r.root == nil {
				return nil, fmt.Errorf("%w: no document in XML", connectors.ErrMalformed)
			}
			return r.root, nil
		case err != nil:
			return nil, fmt.Errorf("%w: not XML at byte %d", connectors.ErrMalformed, dec.InputOffset())
		}
		if err := r.outside(tok); err != nil {
			return nil, err
		}
	}
}

type xmlReader struct {
	dec      *xml.Decoder
	elements int
	root     map[string]any
}

// outside takes what stands outside of the root, and the root.
func (r *xmlReader) outside(tok xml.Token) error {
	switch t := tok.(type) {
	case xml.Directive:
		return fmt.Errorf("%w: a document in XML may not declare a type", connectors.ErrMalformed)
	case xml.CharData:
		if len(bytes.TrimSpace(t)) > 0 {
			return fmt.Errorf("%w: text outside of the document", connectors.ErrMalformed)
		}
	case xml.StartElement:
		if r.root != nil {
			return fmt.Errorf("%w: more than one document", connectors.ErrMalformed)
		}
		v, err := r.element(t, 0)
		if err != nil {
			return err
		}
		r.root = map[string]any{t.Name.Local: v}
	}
	return nil
}

func (r *xmlReader) element(start xml.StartElement, depth int) (any, error) {
	if r.elements++; r.elements > maxElements || depth > maxXMLDepth {
		return nil, fmt.Errorf("%w: too many elements, or too deep in each other", connectors.ErrMalformed)
	}
	out := map[string]any{}
	for _, a := range start.Attr {
		out["@"+a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		tok, err := r.dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: not XML at byte %d", connectors.ErrMalformed, r.dec.InputOffset())
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("%w: a document in XML may not declare a type", connectors.ErrMalformed)
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			v, err := r.element(t, depth+1)
			if err != nil {
				return nil, err
			}
			put(out, t.Name.Local, v)
		case xml.EndElement:
			if len(out) == 0 {
				return text.String(), nil
			}
			if s := strings.TrimSpace(text.String()); s != "" {
				out["#text"] = s
			}
			return out, nil
		}
	}
}

// put adds a child; the second of a name makes a list.
func put(into map[string]any, name string, v any) {
	switch already := into[name].(type) {
	case nil:
		into[name] = v
	case []any:
		into[name] = append(already, v)
	default:
		into[name] = []any{already, v}
	}
}

// encodeXML writes {"root": …} as a document, in the form that decodeXML reads.
// Names come from the definition, values are escaped.
func encodeXML(doc any) ([]byte, error) {
	root, ok := doc.(map[string]any)
	if !ok || len(root) != 1 {
		return nil, errors.New("XML has to be one object with one name, the root")
	}
	var w bytes.Buffer
	w.WriteString(xml.Header)
	for name, v := range root {
		if err := writeXML(&w, name, v); err != nil {
			return nil, err
		}
	}
	return w.Bytes(), nil
}

func writeXML(w *bytes.Buffer, name string, v any) error {
	if list, ok := v.([]any); ok {
		for _, element := range list {
			if err := writeXML(w, name, element); err != nil {
				return err
			}
		}
		return nil
	}
	if !xmlName(name) {
		return fmt.Errorf("%q cannot be the name of an element", name)
	}
	w.WriteString("<" + name)
	inner, ok := v.(map[string]any)
	if !ok {
		w.WriteByte('>')
		if err := escapeXML(w, v); err != nil {
			return err
		}
		w.WriteString("</" + name + ">")
		return nil
	}
	names := slices.Sorted(maps.Keys(inner))
	for _, n := range names {
		if attribute, ok := strings.CutPrefix(n, "@"); ok {
			if !xmlName(attribute) {
				return fmt.Errorf("%q cannot be the name of an attribute", attribute)
			}
			w.WriteString(" " + attribute + `="`)
			if err := escapeXML(w, inner[n]); err != nil {
				return err
			}
			w.WriteByte('"')
		}
	}
	w.WriteByte('>')
	for _, n := range names {
		switch {
		case strings.HasPrefix(n, "@"):
			continue
		case n == "#text":
			if err := escapeXML(w, inner[n]); err != nil {
				return err
			}
		default:
			if err := writeXML(w, n, inner[n]); err != nil {
				return err
			}
		}
	}
	w.WriteString("</" + name + ">")
	return nil
}

func escapeXML(w *bytes.Buffer, v any) error {
	text, err := scalarText(v)
	if err != nil {
		return err
	}
	return xml.EscapeText(w, []byte(text))
}

func xmlName(name string) bool {
	if name == "" || strings.HasPrefix(strings.ToLower(name), "xml") || strings.Contains("-.0123456789", name[:1]) {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:") == ""
}
