package expression_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/custom/expression"
)

// crowd is a webhook's body full of values.
func crowd(t testing.TB) any {
	t.Helper()
	list := make([]int, 3000)
	for i := range list {
		list[i] = i + 1
	}
	raw, err := json.Marshal(map[string]any{"n": list, "text": strings.Repeat("x", 60_000), "a": "x"})
	require.NoError(t, err)
	doc, err := expression.DecodeJSON(raw)
	require.NoError(t, err)
	return doc
}

// binds nests macros so that each names a value made of the one before twice.
func binds(depth int, start, twice, last string) string {
	name := func(i int) string { return fmt.Sprintf("v%d", i) }
	expr := strings.ReplaceAll(last, "$", name(depth))
	for i := depth; i > 0; i-- {
		from := start
		if i > 1 {
			from = strings.ReplaceAll(twice, "$", name(i-1))
		}
		expr = "[" + from + "].map(" + name(i) + ", " + expr + ")"
	}
	return expr
}

// attacks are expressions that try to take time or memory.
func attacks() map[string]string {
	return map[string]string{
		"loops in each other":             "body.n.all(a, body.n.all(b, body.n.all(c, int(a) + int(b) + int(c) > 0)))",
		"loops that make lists":           "body.n.map(a, body.n.map(b, body.n.map(c, c)))",
		"loops over text":                 "body.n.all(a, body.text.contains('y') == false)",
		"text that doubles":               binds(4, "string(body.text)", "$ + $ + $ + $ + $ + $ + $ + $", "$"),
		"text that doubles, long already": binds(40, "string(body.text)", "$ + $", "$"),
		"text replaced by itself":         "string(body.text).replace('x', string(body.text))",
		"text joined by itself":           "body.n.map(a, string(body.text)).join(string(body.text))",
		"split into letters, joined":      "body.n.map(a, string(body.text).split('').join('--'))",
		"base64 of base64":                strings.Repeat("base64Encode(", 60) + "string(body.text)" + strings.Repeat(")", 60),
		"references to a long text":       "body.n.map(a, body.n.map(b, body.text))",
		"objects of objects":              binds(4, "[1, 1]", "{'a': $, 'b': $}", "$") + ".all(x, body.n.all(a, body.n.all(b, true)))",
		"lists of lists of lists":         binds(40, "[1, 1]", "[$, $]", "$"),
		"lists that are joined":           binds(40, "body.n", "[$, $].flatten()", "$"),
		"JSON of shared parts":            "toJson(" + binds(40, "[1, 1]", "[$, $]", "$") + ")",
		"size of shared parts":            binds(40, "[1, 1]", "[$, $]", "size($) == 2"),
		"hashes":                          "body.n.map(a, body.n.map(b, sha256Hex(string(body.text))))",
		"signatures":                      "body.n.map(a, hmacHex('sha512', string(body.text), string(body.text)))",
		"patterns":                        "body.n.map(a, string(body.text).substring(0, 16000).matches('(x+x+)+y'))",
		"many patterns":                   "body.n.map(a, 'xxxxxxxxxxxxxxxxxxxx'.matches('(x?){' + string(a % 400) + '}y'))",
		"JSON in JSON":                    "body.n.map(a, fromJson('[' + string(body.text).replace('x', '1,') + '1]'))",
		"conversions":                     "body.n.map(a, bytes(string(body.text)))",
		"long chains":                     "body.n.map(a, body.n.map(b, " + strings.Repeat("string(body.text).trim() + ", 20) + "''))",
	}
}

// cheap is how much compiling and evaluating may allocate, in bytes.
const cheap = 32 << 20

// TestNoExpressionTakesMuch measures by cost and memory, which do not depend on
// the machine. Some attacks are refused before they run.
func TestNoExpressionTakesMuch(t *testing.T) {
	scope := newScope(t)
	body := crowd(t)
	for name, source := range attacks() {
		t.Run(name, func(t *testing.T) {
			b := expression.NewBudget()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := scope.Compile(source, expression.Anything)
			if err == nil {
				var v expression.Value
				if v, err = p.Eval(b, map[string]any{"body": body}); err == nil {
					_, err = v.Plain()
				}
			}
			runtime.ReadMemStats(&after)
			require.Error(t, err, "it comes to a bound")
			require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(cheap))
			require.LessOrEqual(t, b.Spent(), uint64(100_000))
		})
	}
}

// TestABudgetEnds: many expressions for one webhook have no more than one.
func TestABudgetEnds(t *testing.T) {
	p, err := newScope(t).Compile("body.n.all(a, int(a) > 0)", expression.Truth)
	require.NoError(t, err)
	b := expression.NewBudget()
	body := crowd(t)
	for range 100 {
		if _, err = p.Eval(b, map[string]any{"body": body}); err != nil {
			break
		}
	}
	require.True(t, expression.IsLimit(err))
	require.LessOrEqual(t, b.Spent(), uint64(100_000))
}

// TestItemsHaveSharesOfTheirOwn: what some take in excess of theirs is held to a
// reserve, and the rest go on with less.
func TestItemsHaveSharesOfTheirOwn(t *testing.T) {
	scope := newScope(t)
	dear, err := scope.Compile("body.n.map(a, a)", expression.Anything)
	require.NoError(t, err)
	cheap, err := scope.Compile("string(body.a) + 'y'", expression.Scalar)
	require.NoError(t, err)
	values := map[string]any{"body": crowd(t)}
	items, all := expression.NewItems(), uint64(0)
	for range 2000 {
		b := items.Next()
		_, err = dear.Eval(b, values)
		require.True(t, expression.IsLimit(err))
		all += b.Spent()
		_, err = cheap.Eval(items.Next(), values)
		require.NoError(t, err, "an ordinary item beside it")
	}
	require.LessOrEqual(t, all, uint64(3_500_000))
}
