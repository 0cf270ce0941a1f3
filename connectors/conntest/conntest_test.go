package conntest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

func postcardSuite(flaw string) Suite {
	return Suite{
		Kind: postcardKind(flaw),
		Config: connectors.Config{Credentials: map[string]connectors.Secret{
			"key": connectors.NewSecret(postcardKey), "refresh": connectors.NewSecret(postcardRefresh),
		}},
		Cases:     "testdata",
		Sign:      postcardSign,
		SignsBody: true,
		Tolerance: time.Minute,
		Batches:   true,
	}
}

func TestAConnectorThatKeepsTheContractPasses(t *testing.T) { Run(t, postcardSuite("")) }

func FuzzParsePostcard(f *testing.F)  { FuzzParse(f, postcardSuite("")) }
func FuzzVerifyPostcard(f *testing.F) { FuzzVerify(f, postcardSuite("")) }

// failing are the checks that notice the flaw.
func failing(t *testing.T, flaw string) map[string]string {
	t.Helper()
	b, err := newBench(postcardSuite(flaw))
	require.NoError(t, err)
	found := map[string]string{}
	for _, c := range checks() {
		if err := c.run(b); err != nil {
			found[c.name] = err.Error()
		}
	}
	return found
}

func TestEveryFlawIsNoticedByItsCheck(t *testing.T) {
	tests := map[string]string{
		"no setup":                      "the kind describes itself",
		"schema that is none":           "schemas compile and the configuration is valid",
		"schema that is open":           "schemas compile and the configuration is valid",
		"opens without credentials":     "missing credentials are refused",
		"verifies nothing":              "forged, altered and missing signatures are refused",
		"signs no body":                 "forged, altered and missing signatures are refused",
		"refuses with another error":    "forged, altered and missing signatures are refused",
		"takes streams as webhooks":     "forged, altered and missing signatures are refused",
		"takes old webhooks":            "signatures of another time are refused",
		"counts":                        "same bytes give the same events",
		"keeps no header":               "a stored webhook gives the same events",
		"no key":                        "events are well formed",
		"sets two pointers":             "events are well formed",
		"local time":                    "events are well formed",
		"changes the body":              "events are well formed",
		"one key for two events":        "events are well formed",
		"drops what it does not know":   "an unfamiliar event becomes an Unknown one",
		"one poison card spoils all":    "a poison item leaves its neighbours alone",
		"panics on garbage":             "garbage bodies are refused or kept as Unknown",
		"drops garbage":                 "garbage bodies are refused or kept as Unknown",
		"fails in its own way":          "garbage bodies are refused or kept as Unknown",
		"says it can type":              "capabilities agree with the optional interfaces",
		"says it hears of deletions":    "capabilities agree with the cases",
		"says it sends pictures":        "capabilities agree with what Next renders",
		"says it cannot quote":          "capabilities agree with what Next renders",
		"remembers what it sent":        "calls are complete and resume where they stopped",
		"changes the message":           "calls are complete and resume where they stopped",
		"half an address":               "calls are complete and resume where they stopped",
		"tells the key in names":        "calls are complete and resume where they stopped",
		"has a parcel without a bound":  "calls are complete and resume where they stopped",
		"has a body and a parcel":       "calls are complete and resume where they stopped",
		"asks for a token visibly":      "tokens and signatures are sound",
		"reads no token":                "tokens and signatures are sound",
		"takes any token":               "tokens and signatures are sound",
		"panics on tokens":              "tokens and signatures are sound",
		"tells the key with a token":    "tokens and signatures are sound",
		"has tokens that ended":         "tokens and signatures are sound",
		"renews what it does not have":  "tokens and signatures are sound",
		"renews by nothing":             "tokens and signatures are sound",
		"calls a refusal a stale token": "tokens and signatures are sound",
		"renames what it signs":         "tokens and signatures are sound",
		"signs into the address":        "tokens and signatures are sound",
		"shows the token to others":     "tokens and signatures are sound",
		"panics on answers":             "garbage answers are not taken for success",
		"gives no failure":              "garbage answers are not taken for success",
		"gives its own reason":          "garbage answers are not taken for success",
		"takes any 200":                 "garbage answers are not taken for success",
		"tells the key":                 "credentials show in no event, error or failure",
		"tells the key in events":       "credentials show in no event, error or failure",
		"repeats what it is told":       "credentials show in no event, error or failure",
	}
	for flaw, want := range tests {
		t.Run(flaw, func(t *testing.T) {
			require.Contains(t, failing(t, flaw), want)
		})
	}
	require.Empty(t, failing(t, ""))
}

func TestCasesThatAreNotWellFormedAreRefused(t *testing.T) {
	tests := map[string]struct{ dir, text, refused string }{
		"without a comment":             {"in", "POST /\n\n{}\n", "comment"},
		"without a request line":        {"in", "# A case.\nnonsense\n\n{}\n", "request line"},
		"with a header that is none":    {"in", "# A case.\nPOST /\nnonsense\n\n{}\n", "header"},
		"without an operation":          {"out", "# A case.\n-- answer --\n200\n", "operation"},
		"with two operations":           {"out", "# A case.\n-- check --\nnull\n-- read --\n{}\n", "one operation"},
		"with a field misspelt":         {"out", "# A case.\n-- outbound --\n{\"partz\": []}\n", "partz"},
		"with an answer without status": {"out", "# A case.\n-- check --\nnull\n-- answer --\nok\n", "status"},
		"with an answer too many":       {"out", "# A case.\n-- check --\nnull\n-- answer --\n200\n\n{\"sent\":\"x\"}\n-- answer --\n200\n", "not asked for"},
		"with an answer too few":        {"out", "# A case.\n-- check --\nnull\n", "no scripted answer"},
		"with a time that is none":      {"out", "# A case.\n-- token --\n{\"now\": \"noon\"}\n", "input"},
		"with a token not answered":     {"out", "# A case.\n-- token --\n{\"now\": \"2026-03-14T09:26:53Z\"}\n", "no scripted answer"},
		"for an interface not offered":  {"out", "# A case.\n-- typing --\n{}\n", "does not implement"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "case.txt")
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			require.ErrorContains(t, runFile(t, tt.dir, path), tt.refused)
		})
	}
}

func runFile(t *testing.T, dir, path string) error {
	t.Helper()
	b, err := newBench(postcardSuite(""))
	require.NoError(t, err)
	c, err := readCase(path)
	if err != nil {
		return err
	}
	run := b.runIn
	if dir == "out" {
		run = b.runOut
	}
	_, err = run(c)
	return err
}

func TestAFolderWithoutCasesIsRefused(t *testing.T) {
	_, err := readCases(t.TempDir())
	require.ErrorContains(t, err, "no cases")
}

func TestRewritingKeepsWhatWasWrittenByHand(t *testing.T) {
	const given = "# A case.\n# With two lines.\n-- check --\nnull\n-- answer --\n200\nA: b\n\n{\"sent\":\"x\"}\n"
	path := filepath.Join(t.TempDir(), "case.txt")
	require.NoError(t, os.WriteFile(path, []byte(given+"-- call --\nstale\n"), 0o600))
	c, err := readCase(path)
	require.NoError(t, err)
	require.NoError(t, c.rewrite([]section{{"call", "fresh"}}))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, given+"-- call --\nfresh\n", string(written))
}

func TestCredentialsAreMaskedInGoldens(t *testing.T) {
	b, err := newBench(postcardSuite(""))
	require.NoError(t, err)
	c, err := readCase("testdata/out/text.txt")
	require.NoError(t, err)
	got, err := b.runOut(c)
	require.NoError(t, err)
	require.Contains(t, render(got), "key={key}")
	require.Contains(t, render(got), "Authorization: Bearer {access token}")
	for _, secret := range []string{postcardKey, postcardRefresh, accessToken} {
		require.False(t, strings.Contains(render(got), secret))
	}
}
