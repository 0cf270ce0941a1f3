package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// docsDocument is the part of the API document that its page shows.
type docsDocument struct {
	Paths      map[string]docsPath `json:"paths"`
	Components struct {
		Parameters map[string]docsParameter `json:"parameters"`
		Responses  map[string]docsAnswer    `json:"responses"`
		Schemas    map[string]*docsSchema   `json:"schemas"`
	} `json:"components"`
}

// docsPath is what can be done at an address.
type docsPath struct {
	Parameters []docsParameter `json:"parameters"`
	Get        *docsOrder      `json:"get"`
	Post       *docsOrder      `json:"post"`
	Put        *docsOrder      `json:"put"`
	Patch      *docsOrder      `json:"patch"`
	Delete     *docsOrder      `json:"delete"`
}

// operation answers what is said of a method.
func (p docsPath) operation(method string) *docsOrder {
	order := map[string]*docsOrder{"GET": p.Get, "POST": p.Post, "PUT": p.Put, "PATCH": p.Patch, "DELETE": p.Delete}[method]
	if order == nil {
		return &docsOrder{}
	}
	return order
}

// docsOrder is an operation of the document.
type docsOrder struct {
	Description string          `json:"description"`
	Parameters  []docsParameter `json:"parameters"`
	RequestBody *struct {
		Content map[string]docsMedia `json:"content"`
	} `json:"requestBody"`
	Responses map[string]docsAnswer `json:"responses"`
}

type docsMedia struct {
	Schema *docsSchema `json:"schema"`
}

type docsAnswer struct {
	Ref         string               `json:"$ref"`
	Description string               `json:"description"`
	Content     map[string]docsMedia `json:"content"`
}

type docsParameter struct {
	Ref         string      `json:"$ref"`
	Name        string      `json:"name"`
	In          string      `json:"in"`
	Description string      `json:"description"`
	Required    bool        `json:"required"`
	Schema      *docsSchema `json:"schema"`
}

// docsSchema is a schema as the document has it.
type docsSchema struct {
	Ref         string                 `json:"$ref"`
	Type        any                    `json:"type"` // a name, or several
	Format      string                 `json:"format"`
	Description string                 `json:"description"`
	Enum        []any                  `json:"enum"`
	Properties  map[string]*docsSchema `json:"properties"`
	Required    []string               `json:"required"`
	Items       *docsSchema            `json:"items"`
	OneOf       []*docsSchema          `json:"oneOf"`
	AllOf       []*docsSchema          `json:"allOf"`
	Values      json.RawMessage        `json:"additionalProperties"` // false, or what other fields hold
	Default     any                    `json:"default"`
	Minimum     *json.Number           `json:"minimum"`
	Maximum     *json.Number           `json:"maximum"`
	MinLength   *json.Number           `json:"minLength"`
	MaxLength   *json.Number           `json:"maxLength"`
	MaxItems    *json.Number           `json:"maxItems"`
	Pattern     string                 `json:"pattern"`
}

// docsType is a piece of a type's name; Link is the schema that it names.
type docsType struct{ Text, Link string }

// docsField is a field of an object, or a parameter.
type docsField struct {
	Name, In, Description string
	Required              bool
	Type                  []docsType
	Bounds                string
	Fields                []docsField // of an object within
}

// docsNamed is a schema that has a name.
type docsNamed struct {
	Name, Description string
	Type              []docsType
	Bounds            string
	Fields            []docsField
}

// schemas are all that have a name, by it.
func (d *docsDocument) schemas() []docsNamed {
	var list []docsNamed
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		list = append(list, docsNamed{name, s.Description, s.name(), s.bounds(), s.fields()})
	}
	return list
}

func (d *docsDocument) parameter(p docsParameter) docsField {
	if p.Ref != "" {
		p = d.Components.Parameters[last(p.Ref)]
	}
	f := docsField{Name: p.Name, In: p.In, Description: p.Description, Required: p.Required}
	if p.Schema != nil {
		f.Type, f.Bounds = p.Schema.name(), p.Schema.bounds()
	}
	return f
}

func (d *docsDocument) response(r docsAnswer) docsAnswer {
	if r.Ref != "" {
		return d.Components.Responses[last(r.Ref)]
	}
	return r
}

func (d *docsDocument) contents(by map[string]docsMedia) []docsContent {
	var list []docsContent
	for _, media := range slices.Sorted(maps.Keys(by)) {
		c := docsContent{Media: media}
		if s := by[media].Schema; s != nil {
			c.Type, c.Fields = s.name(), s.fields()
		}
		list = append(list, c)
	}
	return list
}

// last is the name that a reference ends with.
func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// name is what a schema is called, such as: array of Message.
func (s *docsSchema) name() []docsType {
	switch {
	case s.Ref != "":
		return []docsType{{last(s.Ref), last(s.Ref)}}
	case len(s.OneOf) > 0:
		return joined(s.OneOf, " or ")
	case len(s.AllOf) > 0:
		return joined(s.AllOf, " and ")
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			raw, err := json.Marshal(v)
			if err != nil {
				continue // what came from JSON goes back to it
			}
			values = append(values, string(raw))
		}
		return []docsType{{Text: strings.Join(values, " | ")}}
	case s.Items != nil:
		return append([]docsType{{Text: s.plain() + " of "}}, s.Items.name()...)
	}
	var values docsSchema
	if json.Unmarshal(s.Values, &values) == nil && len(s.Properties) == 0 && len(values.name()[0].Text) > 0 {
		return append([]docsType{{Text: "map of "}}, values.name()...)
	}
	return []docsType{{Text: s.plain()}}
}

func joined(list []*docsSchema, between string) []docsType {
	var out []docsType
	for i, s := range list {
		if i > 0 {
			out = append(out, docsType{Text: between})
		}
		out = append(out, s.name()...)
	}
	return out
}

// plain is the type's own name, with its format.
func (s *docsSchema) plain() string {
	var names []string
	switch t := s.Type.(type) {
	case string:
		names = []string{t}
	case []any:
		for _, n := range t {
			names = append(names, fmt.Sprint(n))
		}
	}
	name := strings.Join(names, " or ")
	if s.Format != "" {
		name += " (" + s.Format + ")"
	}
	return name
}

// bounds are what a value has to keep to.
func (s *docsSchema) bounds() string {
	var list []string
	add := func(format string, v *json.Number) {
		if v != nil {
			list = append(list, fmt.Sprintf(format, *v))
		}
	}
	add("at least %s", s.Minimum)
	add("at most %s", s.Maximum)
	if s.MinLength != nil && *s.MinLength == "1" {
		list = append(list, "not empty")
	} else {
		add("at least %s characters", s.MinLength)
	}
	add("at most %s characters", s.MaxLength)
	add("at most %s items", s.MaxItems)
	if s.Pattern != "" {
		list = append(list, "matches "+s.Pattern)
	}
	if s.Default != nil {
		if raw, err := json.Marshal(s.Default); err == nil {
			list = append(list, string(raw)+" when left out")
		}
	}
	return strings.Join(list, ", ")
}

// fields are those of an object, required ones first; of a list of objects
// without a name, those of its objects.
func (s *docsSchema) fields() []docsField {
	if s.Items != nil {
		return s.Items.fields()
	}
	var list []docsField
	for _, part := range append(slices.Clone(s.AllOf), s.OneOf...) {
		list = append(list, part.fields()...)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		list = append(list, docsField{
			Name: name, Description: p.Description, Required: slices.Contains(s.Required, name), Type: p.name(), Bounds: p.bounds(), Fields: p.fields(),
		})
	}
	slices.SortStableFunc(list, func(a, b docsField) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return list
}
