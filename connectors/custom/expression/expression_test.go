package expression_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/custom/expression"
)

func newScope(t testing.TB) *expression.Scope {
	t.Helper()
	s, err := expression.NewScope(
		expression.Variable{Name: "body"}, expression.Variable{Name: "item"},
		expression.Variable{Name: "headers", Type: expression.Texts},
		expression.Variable{Name: "resp", Type: expression.Object, Fields: []string{"status", "body"}},
		expression.Variable{Name: "secrets", Type: expression.Texts, Literal: true},
	)
	require.NoError(t, err)
	return s
}

const document = `{"id": 9007199254740993, "big": 123456789012345678901234567890, "price": 1.50, "name": " Zoë ", "on": true, "none": null,
 "tags": ["b", "a"], "entry": [{"messages": [1, 2]}, {"messages": [3]}], "odd.key": {"a": "1"}, "json": "{\"x\": [1]}"}`

func evaluate(t testing.TB, source string) (expression.Value, error) {
	t.Helper()
	p, err := newScope(t).Compile(source, expression.Anything)
	require.NoError(t, err, source)
	doc, err := expression.DecodeJSON([]byte(document))
	require.NoError(t, err)
	b := expression.NewBudget()
	return p.Eval(b, map[string]any{
		"body": doc, "item": doc, "headers": map[string]string{"x-a": "b"}, "resp": map[string]any{"status": int64(200), "body": doc},
		"secrets": map[string]string{"token": "t0p"},
	})
}

func TestExpressions(t *testing.T) {
	tests := map[string]string{
		`body.id`:                                   `9007199254740993`,
		`body.id + 1`:                               `9007199254740994`,
		`body.big`:                                  `"123456789012345678901234567890"`,
		`body.price`:                                `1.5`,
		`body.name.trim().upperAscii()`:             `"ZOë"`,
		`body['odd.key'].a`:                         `"1"`,
		`body.?nothing.orValue('x')`:                `"x"`,
		`body.?nothing.?deeper`:                     `null`,
		`has(body.none) && body.none == null`:       `true`,
		`body.entry.map(e, e.messages).flatten()`:   `[1, 2, 3]`,
		`body.tags.join('-')`:                       `"b-a"`,
		`'a' in body.tags`:                          `true`,
		`body.tags.exists(t, t == 'z')`:             `false`,
		`body.tags.filter(t, t != 'a')`:             `["b"]`,
		`fromJson(body.json).x[0]`:                  `1`,
		`toJson({'a': body.tags})`:                  `"{\"a\":[\"b\",\"a\"]}"`,
		`'x=1;y=2'.split(';').map(p, p.split('='))`: `[["x","1"],["y","2"]]`,
		`'Zoë Zoë'.replace('Zoë', 'Ida')`:           `"Ida Ida"`,
		`'Zoë'.substring(1)`:                        `"oë"`,
		`'Zoë'.substring(1, 99)`:                    `"oë"`,
		`'Zoë!'.indexOf('!')`:                       `3`,
		`'a.b.c'.lastIndexOf('.')`:                  `3`,
		`'abc'.matches('^a.c$')`:                    `true`,
		`base64Decode(base64Encode('Zoë'))`:         `"Zoë"`,
		`urlEncode('a b&c')`:                        `"a+b%26c"`,
		`sha256Hex('')`:                             `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`,
		`hmacHex('sha1', 'key', 'The quick brown fox jumps over the lazy dog')`: `"de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"`,
		`int('5') + int(body.price)`:              `6`,
		`string(body.on) + ':' + string(body.id)`: `"true:9007199254740993"`,
		`body.on ? 'yes' : 'no'`:                  `"yes"`,
		`{'a': 1, ?'b': body.?nothing}`:           `{"a":1}`,
		`headers['x-a']`:                          `"b"`,
		`resp.status >= 200 && resp.status < 300`: `true`,
		`secrets.token`:                           `"t0p"`,
	}
	for source, want := range tests {
		t.Run(source, func(t *testing.T) {
			v, err := evaluate(t, source)
			require.NoError(t, err)
			plain, err := v.Plain()
			require.NoError(t, err)
			got, err := json.Marshal(plain)
			require.NoError(t, err)
			require.JSONEq(t, want, string(got))
		})
	}
}

func TestEvaluationsThatFailSayWhy(t *testing.T) {
	for source, says := range map[string]string{
		`body.nothing`:                        "no such key: nothing",
		`body.name.id`:                        "no such",
		`int(body.name)`:                      "",
		`base64Decode('???')`:                 "not base64",
		`hmacHex('md5', 'k', 'm')`:            "sha256",
		`fromJson('{')`:                       "breaks off",
		`'a'.matches('(')`:                    "cannot be read",
		`'a'.matches('((a{100}){100}){100}')`: "cannot be read",
		`'a'.matches('(a{30}){30}')`:          "repeats too much",
	} {
		_, err := evaluate(t, source)
		require.Error(t, err, source)
		require.Contains(t, err.Error(), says, source)
		require.False(t, expression.IsLimit(err), source)
	}
}

func TestWhatIsRefusedBeforeItRuns(t *testing.T) {
	scope := newScope(t)
	tests := map[string]struct {
		source string
		want   expression.Want
		says   string
	}{
		"nothing":                          {" ", expression.Anything, "an expression is needed"},
		"too much":                         {strings.Repeat("1", expression.MaxLength+1), expression.Anything, "split it up"},
		"a slip":                           {"body.", expression.Anything, "column 6: Syntax error"},
		"a slip in the second line":        {"body.a\n  && bdy.b", expression.Truth, "line 2, column 6"},
		"a name that is not known":         {"now", expression.Anything, "use body, headers, item, resp, secrets"},
		"a field that is not there":        {"resp.stauts == 200", expression.Truth, "column 5: resp has no stauts: use one of status, body"},
		"an optional field that is not":    {"resp.?stauts", expression.Anything, "resp has no stauts"},
		"the clock":                        {"timestamp('2026-01-01T00:00:00Z')", expression.Anything, "not known here"},
		"time zones":                       {"body.at.getHours('Europe/Lisbon')", expression.Anything, "getHours"},
		"text where truth is wanted":       {"'yes'", expression.Truth, "true or false, this answers text"},
		"an object where text is wanted":   {"{'a': 1}", expression.Scalar, "this answers an object"},
		"a number where a list is wanted":  {"1", expression.List, "this answers a number"},
		"mixed types":                      {"'a' + 1", expression.Anything, "string(…)"},
		"branches of two types":            {"body.on ? 'a' : 1", expression.Anything, "optional.none()"},
		"comparing what may be lists":      {"body.a == body.b", expression.Truth, "string(…)"},
		"comparing lists":                  {"body.a != []", expression.Truth, "size(…)"},
		"joining what may be lists":        {"body.a + body.b", expression.Anything, "flatten()"},
		"looking for what may be a list":   {"body.a in body.b", expression.Truth, "string(…)"},
		"joining in a loop":                {"body.tags.map(t, body.a + t)", expression.Anything, "flatten()"},
		"all secrets":                      {"secrets", expression.Anything, "secrets.name"},
		"secrets by a name that varies":    {"secrets[body.name]", expression.Anything, "secrets.name"},
		"all secrets in a loop":            {"secrets.map(s, s)", expression.Anything, "secrets.name"},
		"too many loops in each other":     {"body.all(a, body.all(b, body.all(c, body.all(d, body.all(e, true)))))", expression.Truth, "split it up"},
		"too many loops behind each other": {"[1]" + strings.Repeat(".map(v, [v])", 30), expression.Anything, "split it up"},
		"brackets in brackets":             {strings.Repeat("[", 200) + strings.Repeat("]", 200), expression.Anything, ""},
		"types of messages":                {"google.protobuf.Struct{}", expression.Anything, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := scope.Compile(tt.source, tt.want)
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, err.Error(), tt.says)
		})
	}
}

func TestWhichSecretsAnExpressionUses(t *testing.T) {
	p, err := newScope(t).Compile("secrets.a + secrets.?b.orValue('') + secrets.a", expression.Scalar)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, p.Uses("secrets"))
}

func TestDocumentsThatAreTooMuchAreNotRead(t *testing.T) {
	for name, raw := range map[string]string{
		"not JSON":       `{"a":`,
		"two documents":  `{} {}`,
		"too deep":       strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100),
		"too many":       "[" + strings.Repeat("1,", 100_000) + "1]",
		"nothing at all": "",
	} {
		_, err := expression.DecodeJSON([]byte(raw))
		require.ErrorIs(t, err, expression.ErrJSON, name)
	}
	doc, err := expression.DecodeJSON([]byte(`{"a": "[[[[,,,\"{{{"}`))
	require.NoError(t, err, "what stands in a text is not counted")
	require.Equal(t, map[string]any{"a": `[[[[,,,"{{{`}, doc)
}

// FuzzCompile throws expressions at the compiler and, when they compile, at a
// document: nothing panics, and nothing costs more than the bound.
func FuzzCompile(f *testing.F) {
	for _, source := range attacks() {
		f.Add(source)
	}
	for _, source := range []string{"body.id", "body.?a.orValue('')", "{'a': [1, 2.5, null, true]}", "body.tags.map(t, t)", "secrets.token", "'"} {
		f.Add(source)
	}
	scope := newScope(f)
	doc, err := expression.DecodeJSON([]byte(document))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, source string) {
		p, err := scope.Compile(source, expression.Anything)
		if err != nil {
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			return
		}
		b := expression.NewBudget()
		v, err := p.Eval(b, map[string]any{
			"body": doc, "item": doc, "headers": map[string]string{}, "resp": map[string]any{}, "secrets": map[string]string{},
		})
		require.LessOrEqual(t, b.Spent(), uint64(100_000))
		if err == nil {
			_, _ = v.Plain()
			_, _ = v.Text()
		}
	})
}

// FuzzDecodeJSON throws documents at the decoder: what it reads is JSON.
func FuzzDecodeJSON(f *testing.F) {
	for _, raw := range []string{document, `[1e5, -0, "\u00e9"]`, `{"a":`, `"\ud800"`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := expression.DecodeJSON(raw)
		if err != nil {
			require.ErrorIs(t, err, expression.ErrJSON)
			return
		}
		_, err = json.Marshal(doc)
		require.NoError(t, err)
		require.True(t, json.Valid(raw))
	})
}
