package normalize

import (
	"fmt"
	"strings"
)

// TemplateInfo is a template as the platform lists it.
type TemplateInfo struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Category string `json:"category,omitempty"` // the platform's own word
	Status   string `json:"status,omitempty"`   // the platform's own word
	// Usable is set when the platform takes messages of it now.
	Usable bool   `json:"usable"`
	Text   string `json:"text,omitempty"` // of its body, with its placeholders
	// Slots are the parameters it takes.
	Slots []TemplateSlot `json:"slots,omitempty"`
}

// TemplateSlot is a component of a template that takes parameters.
type TemplateSlot struct {
	Type  string   `json:"type"`            // header, body or button
	Index int      `json:"index,omitempty"` // of a button, from 0
	Count int      `json:"count"`
	Names []string `json:"names,omitempty"` // of the parameters, where they have some
	Kind  string   `json:"kind,omitempty"`  // text, image, video, document, location
}

// Check answers what is wrong with a message of the template, in words for
// whoever wrote it; empty for nothing. Components are read in the form that
// Meta gave them ({type, index, parameters}); of others nothing is known.
func (t TemplateInfo) Check(m Template) string {
	if !t.Usable {
		return fmt.Sprintf("the template %q (%s) is %s at the platform and cannot be sent now: use another one", t.Name, t.Language, strings.ToLower(t.Status))
	}
	for _, slot := range t.Slots {
		if got := given(m.Components, slot); got != slot.Count {
			return fmt.Sprintf("the template %q (%s) takes %d parameters in its %s, not %d", t.Name, t.Language, slot.Count, slot.name(), got)
		}
	}
	return ""
}

func (s TemplateSlot) name() string {
	if s.Type == "button" {
		return fmt.Sprintf("button %d", s.Index)
	}
	return s.Type
}

// given is how many parameters a message has for the slot.
func given(components []any, slot TemplateSlot) (n int) {
	for _, c := range components {
		fields, _ := c.(map[string]any)
		kind, _ := fields["type"].(string)
		if !strings.EqualFold(kind, slot.Type) {
			continue
		}
		if slot.Type == "button" && fmt.Sprint(fields["index"]) != fmt.Sprint(slot.Index) {
			continue
		}
		list, _ := fields["parameters"].([]any)
		n += len(list)
	}
	return n
}
