package conntest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// typical is the case that a platform's commonest webhook is shown by.
const typical = "text"

// Benchmark measures how long Parse takes for the connector's typical webhook,
// the case in/text.txt, and beside it what encoding/json alone takes for the
// same bytes, where they are JSON. Every connector's test calls it under the
// name BenchmarkWebhook, where make bench-connectors finds it.
func Benchmark(b *testing.B, s Suite) {
	b.Helper()
	t, err := newBench(s)
	require.NoError(b, err)
	at := slices.IndexFunc(t.in, func(c *caseFile) bool { return c.name == typical })
	require.GreaterOrEqual(b, at, 0, "there is no case in/%s.txt", typical)
	req, err := t.compact(t.in[at])
	require.NoError(b, err)
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := t.conn.Parse(req); err != nil {
				b.Fatal(err)
			}
		}
	})
	if !json.Valid(req.Body) {
		return
	}
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := json.Unmarshal(req.Body, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// compact is the case's signed request without the white space that makes its
// file readable: platforms send none.
func (b *bench) compact(c *caseFile) (*connectors.Request, error) {
	req, err := c.unsigned()
	if err != nil {
		return nil, err
	}
	var short bytes.Buffer
	if json.Compact(&short, req.Body) == nil {
		req.Body = short.Bytes()
	}
	b.sign(req)
	return req, nil
}
