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
		"text that doubles":               binds(40, "string(body.a)", "$ + $", "$"),
		"text that doubles, long already": binds(40, "string(body.text)", "$ + $", "$"),
		"text replaced by itself":         "string(body.text).replace('x', string(body.text))",
		"text joined by itself":           "body.n.map(a, string(body.text)).join(string(body.text))",
		"split into letters, joined":      "body.n.map(a, string(body.text).split('').join('--'))",
		"base64 of base64":                strings.Repeat("base64Encode(", 60) + "string(body.text)" + strings.Repeat(")", 60),
		"references to a long text":       "body.n.map(a, body.n.map(b, body.text))",
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

// cheap is how much an evaluation may allocate.
const cheap = 32 << 20

func TestNoExpressionTakesMuch(t *testing.T) {
	scope := newScope(t)
	body := crowd(t)
	for name, source := range attacks() {
		t.Run(name, func(t *testing.T) {
			p, err := scope.Compile(source, expression.Anything)
			require.NoError(t, err, "this one is to be stopped when it runs")
			b := expression.NewBudget()
			defer b.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v, err := p.Eval(b, map[string]any{"body": body})
			if err == nil {
				_, err = v.Plain()
			}
			runtime.ReadMemStats(&after)
			t.Logf("cost %d, %d KiB, %v", b.Spent(), (after.TotalAlloc-before.TotalAlloc)>>10, err)
			require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(cheap))
			require.LessOrEqual(t, b.Spent(), uint64(100_000))
		})
	}
}
