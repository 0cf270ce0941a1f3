package expression

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// deadline is the last resort for one evaluation: what is bounded by cost ends
// well before it, even on a slow machine.
const deadline = 100 * time.Millisecond

// ErrLimit is wrapped by errors of evaluations that came to a bound.
var ErrLimit = errors.New("the expression takes too much time or memory")

// Value is what an expression answered.
type Value struct{ val ref.Val }

// Eval evaluates the expression over the given values. An error holds no value
// of theirs beyond the name of a missing field.
func (p *Program) Eval(b *Budget, values map[string]any) (Value, error) {
	if b.empty() {
		return Value{}, fmt.Errorf("%w: all of them together cost more than %d", ErrLimit, b.full-b.left)
	}
	program, limit := p.program, uint64(costLimit)
	if b.alone() {
		program, limit = p.frugal, frugalLimit
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	out, details, err := program.ContextEval(ctx, values)
	if details != nil && details.ActualCost() != nil {
		b.spend(*details.ActualCost())
	}
	if err != nil {
		return Value{}, explain(err, limit)
	}
	return Value{out}, nil
}

func explain(err error, limit uint64) error {
	var cancelled interpreter.EvalCancelledError
	switch {
	case errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded:
		if limit == frugalLimit {
			return fmt.Errorf("%w: it costs more than %d, which is what too many dear items of a webhook leave for it", ErrLimit, limit)
		}
		return fmt.Errorf("%w: it costs more than %d", ErrLimit, limit)
	case errors.Is(err, interpreter.InterruptError{}), errors.Is(err, context.DeadlineExceeded), errors.As(err, &cancelled):
		return fmt.Errorf("%w: it was stopped after %s", ErrLimit, deadline)
	}
	return errors.New(bounded(err.Error()))
}

// bounded shortens an error's text, which may name a field that a forger chose.
func bounded(text string) string {
	const most = 200
	text = strings.ToValidUTF8(text, "\uFFFD")
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}

// Missing tells whether there is no value: null, or an optional one that is
// not there.
func (v Value) Missing() bool {
	switch v.unwrapped().(type) {
	case nil, types.Null:
		return true
	}
	return false
}

// Absent tells whether there is no value, null being one.
func (v Value) Absent() bool { return v.unwrapped() == nil }

// unwrapped is the value in an optional one, nil when there is none.
func (v Value) unwrapped() ref.Val {
	val := v.val
	for {
		o, ok := val.(*types.Optional)
		if !ok {
			return val
		}
		if !o.HasValue() {
			return nil
		}
		val = o.GetValue()
	}
}

// True answers a truth value; ok is false when it is none.
func (v Value) True() (is, ok bool) {
	b, ok := v.unwrapped().(types.Bool)
	return bool(b), ok
}

// IsLimit tells an expression that came to a bound from one that does not fit
// its values.
func IsLimit(err error) bool { return errors.Is(err, ErrLimit) }
