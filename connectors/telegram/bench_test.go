package telegram_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

const typical = `{"update_id":880001,"message":{"message_id":41,"from":{"id":5310001,"is_bot":false,"first_name":"Mira",` +
	`"last_name":"Kovac","username":"mira_k","language_code":"hr"},"chat":{"id":5310001,"first_name":"Mira","last_name":"Kovac",` +
	`"username":"mira_k","type":"private"},"date":1767225600,"text":"Is the parcel on its way?"}}`

func typicalRequest() *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{header: {secret}}, Body: []byte(typical)}
}

// TestParsingATextAllocatesLittle bounds what a webhook costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	conn, req := open(t, config()), typicalRequest()
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := conn.Parse(req); err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocations, 100.0)
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, config()), typicalRequest()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	conn, req := open(b, config()), typicalRequest()
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
