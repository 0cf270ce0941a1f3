package directory

import "strings"

// FieldError names one field that is wrong, as the API names it, and what it
// should be.
type FieldError struct{ Field, Message string }

// InvalidError is input that cannot be a record: nothing was stored.
type InvalidError struct{ Fields []FieldError }

// Invalid is what is wrong with one field, or with the whole when the field has
// no name.
func Invalid(field, message string) *InvalidError {
	return &InvalidError{[]FieldError{{field, message}}}
}

// Error lists the fields.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + f.Message
	}
	return strings.Join(parts, "; ")
}
