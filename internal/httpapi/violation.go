package httpapi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// maxViolations bounds how many wrong fields one answer names.
const maxViolations = 50

// violations says by field how a value breaks its schema.
func violations(err error) []fieldError {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return []fieldError{{"", err.Error()}}
	}
	fields := flatten(v, nil)
	return fields[:min(len(fields), maxViolations)]
}

func flatten(v *jsonschema.ValidationError, fields []fieldError) []fieldError {
	at := place(v.InstanceLocation)
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			fields = append(fields, fieldError{join(at, name), "is not a field of this request"})
		}
		return fields
	case *kind.Required:
		for _, name := range k.Missing {
			fields = append(fields, fieldError{join(at, name), "is required"})
		}
		return fields
	case *kind.OneOf:
		// All of them are "this, or null": the first says what is wanted.
		if len(v.Causes) > 0 {
			return flatten(v.Causes[0], fields)
		}
	}
	if len(v.Causes) == 0 {
		return append(fields, fieldError{at, v.ErrorKind.LocalizedString(message.NewPrinter(language.English))})
	}
	for _, cause := range v.Causes {
		fields = flatten(cause, fields)
	}
	return fields
}

// place writes a location as "attachments[1].caption".
func place(location []string) string {
	var b strings.Builder
	for _, step := range location {
		if _, err := strconv.Atoi(step); err == nil {
			fmt.Fprintf(&b, "[%s]", step)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String()
}
