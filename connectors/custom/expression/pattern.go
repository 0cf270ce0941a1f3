package expression

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Bounds of patterns. Matching takes time by the product of the pattern's steps
// and the text's length, and nothing interrupts it.
const (
	maxPattern = 200 // bytes
	maxSteps   = 500
	maxSubject = 16 << 10 // bytes
	// patternsKept is how many compiled patterns are kept.
	patternsKept = 256
)

// pattern is a compiled one with the number of its steps.
type pattern struct {
	re    *regexp.Regexp
	steps int
}

// compilePattern refuses one that repeats too much before it is compiled: to
// write the repetitions out alone can take gigabytes.
func compilePattern(source string) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, fmt.Errorf("a pattern may have %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, errors.New("the pattern cannot be read: write it as RE2 has it")
	}
	steps := stepsOf(parsed)
	if steps > maxSteps {
		return nil, fmt.Errorf("the pattern repeats too much: it has more than %d steps", maxSteps)
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, errors.New("the pattern cannot be read: write it as RE2 has it")
	}
	return &pattern{re, steps}, nil
}

// stepsOf is about how many instructions the pattern has, repetitions written
// out. It stops counting beyond the bound.
func stepsOf(re *syntax.Regexp) int {
	steps := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		if steps += stepsOf(sub); steps > maxSteps {
			return maxSteps + 1
		}
	}
	if re.Op == syntax.OpRepeat {
		times := max(re.Min, re.Max, 1)
		if times > maxSteps {
			return maxSteps + 1
		}
		steps *= times
	}
	return min(steps, maxSteps+1)
}

func (f *functions) pattern(source string) (*pattern, error) {
	if p, ok := f.compiled.Get(source); ok {
		return p, nil
	}
	p, err := compilePattern(source)
	if err == nil {
		f.compiled.Add(source, p)
	}
	return p, err
}

func (f *functions) matches(a []string) (ref.Val, error) {
	if len(a[0]) > maxSubject {
		return nil, fmt.Errorf("matches takes texts of at most %d bytes", maxSubject)
	}
	p, err := f.pattern(a[1])
	if err != nil {
		return nil, fmt.Errorf("matches: %w", err)
	}
	return types.Bool(p.re.MatchString(a[0])), nil
}

// priceMatch is what a match costs: the steps it may have taken.
func (f *functions) priceMatch(args []ref.Val, _ ref.Val) *uint64 {
	total := uint64(1)
	if len(args) == 2 {
		text, _ := args[0].(types.String)
		source, _ := args[1].(types.String)
		if p, ok := f.compiled.Get(string(source)); ok {
			total += uint64(len(text)*p.steps) / 64
		}
	}
	return &total
}
