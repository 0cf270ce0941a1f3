package expression

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// checker refuses what would compile and then cost more than can be known.
//
// Values may share parts, so that a small expression can build one whose
// comparison takes longer than the universe is old, in a single step that
// nothing interrupts. Comparing and joining are therefore for single values.
type checker struct {
	scope *Scope
	ast   *ast.AST
	uses  map[string][]string
	err   *Error
}

func (c *checker) run() error {
	c.walk(c.ast.Expr(), false)
	if c.err != nil {
		return c.err
	}
	return nil
}

func (c *checker) fail(e ast.Expr, format string, args ...any) {
	if c.err != nil {
		return
	}
	c.err = &Error{Message: fmt.Sprintf(format, args...)}
	if start := c.ast.SourceInfo().GetStartLocation(e.ID()); start.Line() > 0 {
		c.err.Line, c.err.Column = start.Line(), start.Column()+1
	}
}

// walk visits an expression. selected is set for the operand of name.field.
func (c *checker) walk(e ast.Expr, selected bool) {
	if c.err != nil {
		return
	}
	switch e.Kind() {
	case ast.IdentKind:
		if v, ok := c.scope.variable(e.AsIdent()); ok && v.Literal && !selected {
			c.fail(e, "write %s.name with the name of one of them", v.Name)
		}
	case ast.SelectKind:
		c.field(e, e.AsSelect().Operand(), e.AsSelect().FieldName())
		c.walk(e.AsSelect().Operand(), true)
	case ast.CallKind:
		c.call(e)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			c.walk(element, false)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			c.walk(entry.AsMapEntry().Key(), false)
			c.walk(entry.AsMapEntry().Value(), false)
		}
	case ast.StructKind:
		c.fail(e, "objects are written {'name': value}")
	case ast.ComprehensionKind:
		c.comprehension(e.AsComprehension())
	}
}

// field checks name.field against what the variable has.
func (c *checker) field(e, operand ast.Expr, field string) {
	if operand.Kind() != ast.IdentKind {
		return
	}
	v, ok := c.scope.variable(operand.AsIdent())
	switch {
	case !ok:
	case v.Literal:
		if !slices.Contains(c.uses[v.Name], field) {
			c.uses[v.Name] = append(c.uses[v.Name], field)
		}
	case v.Fields != nil && !slices.Contains(v.Fields, field):
		c.fail(e, "%s has no %s: use one of %s", v.Name, field, strings.Join(v.Fields, ", "))
	}
}

func (c *checker) call(e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
		if !c.single(args[0]) && !c.single(args[1]) {
			c.fail(e, "one side of a comparison has to be a single value, known as such: write string(…) or int(…) around it; compare lists by size(…)")
		}
	case operators.Add:
		if !c.single(args[0]) && !c.single(args[1]) {
			c.fail(e, "one side of + has to be known as text or a number: write string(…) or int(…) around it; join lists with [a, b].flatten()")
		}
	case operators.In:
		if !c.single(args[0]) && !c.singles(args[1]) {
			c.fail(e, "what is looked for has to be a single value, known as such: write string(…) or int(…) around it")
		}
	case operators.OptSelect:
		if len(args) == 2 && args[1].Kind() == ast.LiteralKind {
			if name, ok := args[1].AsLiteral().(types.String); ok {
				c.field(e, args[0], string(name))
				c.walk(args[0], true)
				return
			}
		}
	}
	if call.IsMemberFunction() {
		c.walk(call.Target(), false)
	}
	for _, arg := range args {
		c.walk(arg, false)
	}
}

// comprehension visits what a macro was written out to, save the joining that
// the macro itself brought.
func (c *checker) comprehension(e ast.ComprehensionExpr) {
	c.walk(e.IterRange(), false)
	c.walk(e.AccuInit(), false)
	c.walk(e.LoopCondition(), false)
	c.step(e.LoopStep(), e.AccuVar())
	c.walk(e.Result(), false)
}

// step visits a loop's step: "accu + [x]", perhaps under a condition.
func (c *checker) step(e ast.Expr, accu string) {
	if e.Kind() != ast.CallKind {
		c.walk(e, false)
		return
	}
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.Conditional:
		c.walk(args[0], false)
		c.step(args[1], accu)
		c.step(args[2], accu)
	case operators.Add:
		if args[0].Kind() == ast.IdentKind && args[0].AsIdent() == accu {
			c.walk(args[1], false)
			return
		}
		c.walk(e, false)
	default:
		c.walk(e, false)
	}
}

// single tells whether an expression is known to answer a single value.
func (c *checker) single(e ast.Expr) bool { return isSingle(c.ast.GetType(e.ID())) }

// singles tells whether it is known to answer a list of single values.
func (c *checker) singles(e ast.Expr) bool {
	t := c.ast.GetType(e.ID())
	return t.Kind() == types.ListKind && len(t.Parameters()) == 1 && isSingle(t.Parameters()[0])
}

func isSingle(t *types.Type) bool {
	switch t.Kind() {
	case types.BoolKind, types.StringKind, types.BytesKind, types.IntKind, types.UintKind, types.DoubleKind, types.NullTypeKind, types.TypeKind:
		return true
	}
	return false
}

// loops is how deep an expression's loops stand in each other, and how many
// there are.
func loops(e ast.Expr) (deep, count int) {
	inside := func(parts ...ast.Expr) {
		for _, part := range parts {
			d, n := loops(part)
			deep, count = max(deep, d), count+n
		}
	}
	switch e.Kind() {
	case ast.SelectKind:
		inside(e.AsSelect().Operand())
	case ast.CallKind:
		inside(e.AsCall().Args()...)
		if e.AsCall().IsMemberFunction() {
			inside(e.AsCall().Target())
		}
	case ast.ListKind:
		inside(e.AsList().Elements()...)
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			inside(entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		inside(c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result())
		deep, count = deep+1, count+1
		inside(c.IterRange())
	}
	return deep, count
}
