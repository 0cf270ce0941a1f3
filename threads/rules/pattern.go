package rules

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Bounds of a pattern: its length in bytes, and the steps it compiles to. A
// match takes at most about steps times bytes of text looked at.
const (
	maxPattern      = 500
	maxPatternSteps = 2000
)

// ParsePattern compiles a pattern of the RE2 syntax within the bounds. The
// error is for people.
func ParsePattern(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("not a pattern of the RE2 syntax: %w", err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, fmt.Errorf("not a pattern of the RE2 syntax: %w", err)
	}
	if len(prog.Inst) > maxPatternSteps {
		return nil, fmt.Errorf("the pattern is too costly: it repeats too much (%d steps, at most %d)", len(prog.Inst), maxPatternSteps)
	}
	return regexp.Compile(pattern)
}
