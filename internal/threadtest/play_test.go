package threadtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/sqlite"
)

func TestAScriptThatIsWrongIsToldWhereAndWhy(t *testing.T) {
	cases := []struct{ name, script, want string }{
		{"another state", "customer \"Hello\" → new\nbea solves → open", "x.script:2: want open: status is solved, not open"},
		{"a countdown that is not", "customer \"Hello\" → due +3s", "x.script:1: want due +3s"},
		{"a refusal nobody expected", "customer \"Hello\"\nbea sets new", "x.script:2: refused: invalid_status"},
		{"a refusal that did not come", "customer \"Hello\"\nbea solves → refused conversation_closed", "x.script:2: want refused conversation_closed: it was not"},
		{"another refusal", "customer \"Hello\"\nbea sets new → refused already_taken", "code is invalid_status, not already_taken"},
		{"no change where one is", "customer \"Hello\"\nbea solves → unchanged", "version is 2, not 1"},
		{"no reopening", "customer \"Hello\"\ncustomer \"More\" → reopened", "reopen count is 0, not 1"},
		{"what gets in between", "customer \"Hello\"\nbea solves\n& customer \"More\" → solved", "meanwhile: want solved: status is new, not solved"},
		{"a log that went otherwise", "customer \"Hello\" → log agent", "log is customer_message, not agent"},
		{"a step nobody knows", "customer sings", "nobody knows how to: customer sings"},
		{"a wish nobody knows", "customer \"Hello\" → happy", "nobody knows what that is"},
		{"a conversation nobody has", "bea solves", "ana has no such conversation"},
		{"a text in another order", "customer \"1\"\ncustomer \"2\" → texts \"2\" \"1\"", `texts is "1" "2", not "2" "1"`},
	}
	store, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse("x.script", c.script)
			require.NoError(t, err)
			require.ErrorContains(t, play(t.Context(), s, store), c.want)
		})
	}
}

func TestWhatCannotBeReadIsRefusedByItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"\ncustomer \"Hello":       "x.script:2: a text without its end",
		"+3q customer \"Hello\"":   `x.script:1: "+3q" is not a duration`,
		"+3s":                      "x.script:1: says nothing to do",
		"customer \"a\" → new, \"": "x.script:1: a text without its end",
	} {
		_, err := parse("x.script", text)
		require.ErrorContains(t, err, want)
	}
}

func TestDurationsHaveDays(t *testing.T) {
	for text, want := range map[string]string{"+3d23h": "95h0m0s", "4d": "96h0m0s", "-1d12h": "-36h0m0s", "90s": "1m30s", "-5s": "-5s"} {
		got, err := duration(text)
		require.NoError(t, err)
		require.Equal(t, want, got.String())
	}
}
