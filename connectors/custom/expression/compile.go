package expression

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
)

// Error is what is wrong with an expression: where, and what was expected.
type Error struct {
	Line, Column int // from 1; 0 when it is about the whole
	Message      string
}

// Error tells the place and the message.
func (e *Error) Error() string {
	switch {
	case e.Column == 0:
		return e.Message
	case e.Line <= 1:
		return fmt.Sprintf("column %d: %s", e.Column, e.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Want is what an expression has to answer.
type Want string

// What is wanted of an expression. Where its type cannot be told beforehand it
// is checked when it is there.
const (
	Anything Want = "anything"
	Truth    Want = "true or false"
	Scalar   Want = "text, a number, or true or false"
	List     Want = "a list"
)

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	program cel.Program
	frugal  cel.Program // the same with less to spend
	uses    map[string][]string
	loops   int
}

// costLimit bounds one evaluation. A field of a typical webhook costs 2 to 20,
// walking through a hundred items some hundreds.
const costLimit = 20_000

// Compile checks and compiles an expression. What is wrong with it is an
// [*Error].
func (s *Scope) Compile(source string, want Want) (*Program, error) {
	if strings.TrimSpace(source) == "" {
		return nil, &Error{Message: "an expression is needed"}
	}
	if n := utf8.RuneCountInString(source); n > MaxLength {
		return nil, &Error{Message: fmt.Sprintf("it has %d characters, %d are allowed: split it up", n, MaxLength)}
	}
	compiled, wrong := s.check(source)
	if wrong != nil {
		return nil, wrong
	}
	if !want.accepts(compiled.OutputType()) {
		return nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("it has to answer %s, this answers %s", want, typeName(compiled.OutputType()))}
	}
	check := checker{scope: s, ast: compiled.NativeRep(), uses: map[string][]string{}}
	if err := check.run(); err != nil {
		return nil, err
	}
	program, err := s.plan(compiled, costLimit)
	if err != nil {
		return nil, &Error{Message: "it cannot be compiled: " + err.Error()}
	}
	frugal, err := s.plan(compiled, frugalLimit)
	if err != nil {
		return nil, &Error{Message: "it cannot be compiled: " + err.Error()}
	}
	_, count := loops(compiled.NativeRep().Expr())
	return &Program{program: program, frugal: frugal, uses: check.uses, loops: count}, nil
}

// plan makes the program of a compiled expression. The library's own
// optimisations are left out: they would put its matching in place of ours, which
// has bounds.
func (s *Scope) plan(compiled *cel.Ast, limit uint64) (cel.Program, error) {
	return s.env.Program(compiled,
		cel.EvalOptions(cel.OptTrackCost),
		cel.CostLimit(limit),
		cel.CostTrackerOptions(s.functions.trackers()...),
		cel.InterruptCheckFrequency(1),
	)
}

// check parses an expression and finds out its types. To find the types of
// loops in each other, or behind each other, takes time that grows with each, so
// they are counted before.
func (s *Scope) check(source string) (*cel.Ast, *Error) {
	parsed, issues := s.env.Parse(source)
	if issues.Err() != nil {
		return nil, s.explain(issues)
	}
	if deep, count := loops(parsed.NativeRep().Expr()); deep > maxDeep || count > maxLoops {
		return nil, &Error{Message: fmt.Sprintf(
			"an expression may hold %d of map, filter, all and exists, %d of them in each other: split it up", maxLoops, maxDeep)}
	}
	compiled, issues := s.env.Check(parsed)
	if issues.Err() != nil {
		return nil, s.explain(issues)
	}
	return compiled, nil
}

// Uses lists the fields of a Literal variable that the expression names.
func (p *Program) Uses(variable string) []string { return p.uses[variable] }

// Weight is about how much it took to compile the expression, by its loops.
func (p *Program) Weight() int { return 1 + p.loops*p.loops }

// explain answers the first of what the compiler found, in the words of the
// definition's writer.
func (s *Scope) explain(issues *cel.Issues) *Error {
	all := issues.Errors()
	if len(all) == 0 {
		return &Error{Message: issues.Err().Error()}
	}
	first := all[0]
	e := &Error{Message: strings.TrimSpace(first.Message)}
	if l := first.Location; l.Line() > 0 {
		e.Line, e.Column = l.Line(), l.Column()+1
	}
	switch {
	case strings.HasPrefix(e.Message, "undeclared reference to"):
		name, _, _ := strings.Cut(strings.TrimPrefix(e.Message, "undeclared reference to "), " (in container")
		e.Message = fmt.Sprintf("%s is not known here: use %s, or put text in quotes", name, s.names())
	case strings.HasPrefix(e.Message, "found no matching overload for '_?_:_'"):
		e.Message += ": both sides of ? : have to be of one type; leave a value out with optional.none() on one side and optional.of(…) on the other"
	case strings.HasPrefix(e.Message, "found no matching overload"):
		e.Message += ": convert with string(…), int(…) or double(…)"
	case strings.HasPrefix(e.Message, "Syntax error"):
		e.Message = "Syntax error:" + strings.TrimPrefix(e.Message, "Syntax error:")
	}
	return e
}

func (w Want) accepts(t *cel.Type) bool {
	kind := t.Kind()
	if kind == cel.DynKind || kind == cel.OpaqueKind {
		return true // an optional value, or one that is not known yet
	}
	switch w {
	case Truth:
		return kind == cel.BoolKind
	case Scalar:
		return slices.Contains([]cel.Kind{cel.BoolKind, cel.StringKind, cel.IntKind, cel.UintKind, cel.DoubleKind, cel.NullTypeKind}, kind)
	case List:
		return kind == cel.ListKind
	default:
		return true
	}
}

func typeName(t *cel.Type) string {
	switch t.Kind() {
	case cel.BoolKind:
		return "true or false"
	case cel.StringKind:
		return "text"
	case cel.IntKind, cel.UintKind, cel.DoubleKind:
		return "a number"
	case cel.ListKind:
		return "a list"
	case cel.MapKind:
		return "an object"
	case cel.NullTypeKind:
		return "null"
	}
	return t.String()
}
