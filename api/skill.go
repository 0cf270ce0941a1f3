package api

import (
	"encoding/json"
	"strconv"
	"strings"
)

// SkillNeed is the QueueSkill of the document: a skill by its parts, or as
// agents have it, `french:3`.
type SkillNeed struct {
	Name  string `json:"name"`
	Level *int   `json:"level,omitempty"`
}

// UnmarshalJSON reads either form.
func (s *SkillNeed) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		type parts SkillNeed
		return json.Unmarshal(data, (*parts)(s))
	}
	*s = SkillNeed{Name: text}
	if name, after, ok := strings.Cut(text, ":"); ok {
		if level, err := strconv.Atoi(after); err == nil && level > 0 {
			*s = SkillNeed{Name: name, Level: &level}
		}
	}
	return nil
}
