package expression

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
)

// Bounds of an expression as it is written.
const (
	// MaxLength is the longest expression, in characters.
	MaxLength = 4096
	maxDepth  = 40   // of brackets and calls in each other, for the parser
	maxNodes  = 2000 // of the parsed expression, macros written out
	maxNested = 64
	maxLoops  = 24 // map, filter, all, exists …
	maxDeep   = 4  // … and how many of them in each other
)

// Type says what a variable holds.
type Type string

// Types of variables.
const (
	Any    Type = "any"    // whatever the platform sent
	Object Type = "object" // names with values of any type
	Texts  Type = "texts"  // names with text
	Text   Type = "text"
)

// Variable is a name that expressions of a [Scope] may use.
type Variable struct {
	Name string
	Type Type
	// Fields are the names that an object has; nil when any may occur. Naming
	// another is refused when the expression is compiled.
	Fields []string
	// Literal is set for an object whose fields may be named in no other way
	// than name.field, so that what an expression uses is known beforehand.
	Literal bool
}

// Scope is what expressions of one place may use. It is safe for concurrent use.
type Scope struct {
	env       *cel.Env
	variables []Variable
	functions *functions
}

// excluded are functions of the standard library that an expression cannot
// have: matches is replaced by one with bounds; the others read the time zone
// files of the machine.
var excluded = []string{
	"matches", "timestamp", "duration", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours",
	"getMilliseconds", "getMinutes", "getMonth", "getSeconds",
}

// NewScope makes a scope of the given variables.
func NewScope(variables ...Variable) (*Scope, error) {
	f, err := newFunctions()
	if err != nil {
		return nil, fmt.Errorf("make a scope for expressions: %w", err)
	}
	subset := &env.LibrarySubset{}
	for _, name := range excluded {
		subset.ExcludeFunctions = append(subset.ExcludeFunctions, &env.Function{Name: name})
	}
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.OptionalTypes(),
		cel.ParserExpressionSizeLimit(MaxLength),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ExpressionNestingDepthLimit(maxNested),
	}
	options = append(options, f.options()...)
	for _, v := range variables {
		options = append(options, cel.Variable(v.Name, v.Type.cel()))
	}
	e, err := cel.NewCustomEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("make a scope for expressions: %w", err)
	}
	return &Scope{env: e, variables: variables, functions: f}, nil
}

func (t Type) cel() *cel.Type {
	switch t {
	case Object:
		return cel.MapType(cel.StringType, cel.DynType)
	case Texts:
		return cel.MapType(cel.StringType, cel.StringType)
	case Text:
		return cel.StringType
	default:
		return cel.DynType
	}
}

// names lists the variables for people.
func (s *Scope) names() string {
	names := make([]string, len(s.variables))
	for i, v := range s.variables {
		names[i] = v.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (s *Scope) variable(name string) (Variable, bool) {
	i := slices.IndexFunc(s.variables, func(v Variable) bool { return v.Name == name })
	if i < 0 {
		return Variable{}, false
	}
	return s.variables[i], true
}
