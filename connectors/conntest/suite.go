package conntest

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

var update = flag.Bool("update", false, "write the expected half of golden files anew")

// Updating tells whether the test was started with -update, for goldens that a
// connector keeps besides those of the suite.
func Updating() bool { return *update }

// Suite says what to hold to the contract of package connectors.
type Suite struct {
	Kind connectors.Kind
	// Config opens the connector. Give every credential a value that occurs
	// nowhere else, eight characters or more: the suite looks for it in
	// errors, events and failures.
	Config connectors.Config
	// Cases is the folder that holds in/ and out/.
	Cases string
	// Sign makes the request one that Verify accepts at the given time, by
	// setting headers and parameters of the query. Each it sets is taken for part
	// of the proof. It may also encrypt the body, where the platform does.
	Sign func(req *connectors.Request, at time.Time)
	// SecretInBody names the credential by which webhooks prove their origin, on
	// platforms that write it into the body and sign nothing. Cases hold it as
	// {name}; Sign is not called.
	SecretInBody string
	// SignsBody is set when the signature covers the body.
	SignsBody bool
	// Tolerance is how far from its signed time a webhook may be verified;
	// zero when the platform signs no time.
	Tolerance time.Duration
	// Batches is set when one webhook may hold several independent events.
	Batches bool
}

// signedAt is the time at which the suite signs and verifies.
func signedAt() time.Time { return time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC) }

// Run holds the connector to the contract: first every case's golden, then the
// checks that apply to all of them.
func Run(t *testing.T, s Suite) {
	t.Helper()
	b, err := newBench(s)
	require.NoError(t, err)
	for _, c := range b.in {
		t.Run("in/"+c.name, func(t *testing.T) { golden(t, b, c, b.runIn) })
	}
	for _, c := range b.out {
		t.Run("out/"+c.name, func(t *testing.T) { golden(t, b, c, b.runOut) })
	}
	t.Run("every kind of message is carried or refused as recorded", func(t *testing.T) { checkCarriage(t, b) })
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { require.NoError(t, c.run(b)) })
	}
}

// check is one promise of the contract. It answers what is wrong, so that the
// suite's own tests can prove that it notices.
type check struct {
	name string
	run  func(*bench) error
}

func checks() []check {
	return []check{
		{"the kind describes itself", checkKind},
		{"schemas compile and the configuration is valid", checkSchemas},
		{"missing credentials are refused", checkMissingCredentials},
		{"forged, altered and missing signatures are refused", checkSignatures},
		{"signatures of another time are refused", checkStale},
		{"same bytes give the same events", checkDeterministic},
		{"a stored webhook gives the same events", checkStored},
		{"events are well formed", checkEvents},
		{"skimming finds what parsing does", checkSkim},
		{"an unfamiliar event becomes an Unknown one", checkUnfamiliar},
		{"a poison item leaves its neighbours alone", checkPoison},
		{"garbage bodies are refused or kept as Unknown", checkMalformed},
		{"values of the wrong type break nothing", checkWrongTypes},
		{"capabilities agree with the optional interfaces", checkInterfaces},
		{"capabilities agree with the cases", checkCoverage},
		{"capabilities agree with what Next renders", checkRendering},
		{"calls are complete and resume where they stopped", checkCalls},
		{"tokens and signatures are sound", checkTokens},
		{"garbage answers are not taken for success", checkAnswers},
		{"credentials show in no event, error or failure", checkSecrets},
	}
}

// bench is the suite with its cases read and its connector opened.
type bench struct {
	Suite
	conn    connectors.Connector
	in, out []*caseFile
}

func newBench(s Suite) (*bench, error) {
	b := &bench{Suite: s}
	var err error
	if b.conn, err = s.Kind.New(s.Config); err != nil {
		return nil, err
	}
	if c, ok := b.conn.(connectors.Capable); ok {
		b.Kind.Caps = c.Capabilities()
	}
	if r, ok := b.conn.(connectors.HeaderReader); ok {
		b.Kind.Headers = r.ReadHeaders()
	}
	if b.in, err = readCases(filepath.Join(s.Cases, "in")); err != nil {
		return nil, err
	}
	b.out, err = readCases(filepath.Join(s.Cases, "out"))
	return b, err
}

func golden(t *testing.T, b *bench, c *caseFile, run func(*caseFile) ([]section, error)) {
	t.Helper()
	t.Parallel()
	got, err := run(c)
	require.NoError(t, err)
	want := c.expected
	if *update {
		require.NoError(t, c.rewrite(got))
		return
	}
	require.Equal(t, render(want), render(got), "run the test with -update to write %s anew", c.path)
}
