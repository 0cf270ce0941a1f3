package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Bounds of what an expression may answer.
const (
	// MaxText is the longest text that a function makes or an expression
	// answers, in bytes.
	MaxText = 64 << 10
	// MaxValues is how many values a list or object may hold, those inside
	// counted.
	MaxValues = 10_000
	// maxBytes is how much text there may be in one answer.
	maxBytes = 256 << 10
	deepest  = 64
)

// Text answers a single value as text: a number without an exponent, truth as
// true or false.
func (v Value) Text() (string, error) {
	switch x := v.unwrapped().(type) {
	case nil, types.Null:
		return "", nil
	case types.String:
		if len(x) > MaxText {
			return "", fmt.Errorf("%w: it answers a text of %d bytes, %d are allowed", ErrLimit, len(x), MaxText)
		}
		return string(x), nil
	case types.Bool:
		return strconv.FormatBool(bool(x)), nil
	case types.Int:
		return strconv.FormatInt(int64(x), 10), nil
	case types.Uint:
		return strconv.FormatUint(uint64(x), 10), nil
	case types.Double:
		return number(float64(x))
	case types.Bytes:
		return "", errors.New("it answers bytes: turn them into text with string(…) or base64Encode(…)")
	}
	return "", errors.New("it has to answer a single value, not a list or object: pick a field, or use toJson(…)")
}

func number(f float64) (string, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", errors.New("it answers no number")
	}
	return strconv.FormatFloat(f, 'f', -1, 64), nil
}

// Plain answers the value as JSON has it: nil, bool, string, int64, float64,
// []any, map[string]any. What the answer may hold is bounded.
func (v Value) Plain() (any, error) {
	c := converter{values: MaxValues, bytes: maxBytes}
	return c.plain(v.unwrapped(), 0)
}

// converter turns values into plain ones and counts what it makes. Parts that
// occur more than once count each time.
type converter struct{ values, bytes int }

func (c *converter) plain(v ref.Val, depth int) (any, error) {
	c.values--
	switch {
	case c.values < 0:
		return nil, fmt.Errorf("%w: it answers more than %d values", ErrLimit, MaxValues)
	case depth > deepest:
		return nil, fmt.Errorf("%w: it answers lists or objects in each other more than %d deep", ErrLimit, deepest)
	}
	switch x := v.(type) {
	case nil, types.Null:
		return nil, nil
	case types.String:
		return string(x), c.take(len(x))
	case types.Bool:
		return bool(x), nil
	case types.Int:
		return int64(x), nil
	case types.Uint:
		if x > math.MaxInt64 {
			return nil, errors.New("it answers a number that is too large")
		}
		return int64(x), nil
	case types.Double:
		if _, err := number(float64(x)); err != nil {
			return nil, err
		}
		return float64(x), nil
	case *types.Optional:
		if !x.HasValue() {
			return nil, nil
		}
		return c.plain(x.GetValue(), depth)
	case traits.Lister:
		return c.list(x, depth)
	case traits.Mapper:
		return c.object(x, depth)
	}
	return nil, fmt.Errorf("it answers %s, which cannot be written as JSON: turn it into text", v.Type().TypeName())
}

func (c *converter) take(n int) error {
	if c.bytes -= n; c.bytes < 0 {
		return fmt.Errorf("%w: it answers more than %d bytes of text", ErrLimit, maxBytes)
	}
	return nil
}

func (c *converter) list(l traits.Lister, depth int) (any, error) {
	out := []any{}
	for it := l.Iterator(); it.HasNext() == types.True; {
		item, err := c.plain(it.Next(), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

func (c *converter) object(m traits.Mapper, depth int) (any, error) {
	out := map[string]any{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, err := Value{key}.Text()
		if err != nil {
			return nil, err
		}
		if err := c.take(len(name)); err != nil {
			return nil, err
		}
		if out[name], err = c.plain(m.Get(key), depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// encoded answers a value as JSON text.
func encoded(v ref.Val) (string, error) {
	plain, err := Value{v}.Plain()
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		return "", errors.New("it cannot be written as JSON")
	}
	return string(raw), nil
}

// Items answers the elements of a list, none when it is missing.
func (v Value) Items() ([]any, error) {
	if v.Missing() {
		return nil, nil
	}
	l, ok := v.unwrapped().(traits.Lister)
	if !ok {
		return nil, errors.New("it has to answer a list")
	}
	// A webhook's own items are counted when it is decoded.
	c := converter{values: maxDecoded, bytes: 4 * maxBytes}
	out, err := c.list(l, 0)
	if err != nil {
		return nil, err
	}
	items, _ := out.([]any)
	return items, nil
}
