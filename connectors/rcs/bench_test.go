package rcs_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typicalEvent = `{"senderPhoneNumber":"+15550100777","messageId":"MxAAA0123456789abcdef","sendTime":"2026-03-14T09:26:53.123456Z",` +
	`"text":"Is the parcel on its way?","agentId":"parcel_desk_agent@rbm.goog"}`

// TestParsingATextAllocatesLittle bounds what a webhook costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	conn, req := open(t, nil), post(envelope(typicalEvent))
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := conn.Parse(req); err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocations, 100.0)
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, nil), post(envelope(typicalEvent))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeText is what encoding/json alone takes for the same bytes.
func BenchmarkDecodeText(b *testing.B) {
	body := []byte(envelope(typicalEvent))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	conn, req := open(b, nil), post(envelope(typicalEvent), signature(secret, []byte(typicalEvent)))
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
