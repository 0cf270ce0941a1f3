package line_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typical = `{"destination":"Ufeedc0de00000000000000000000beef","events":[{"type":"message","mode":"active","timestamp":1773480413123,` +
	`"source":{"type":"user","userId":"U5e1a00000000000000000000000000a1"},"webhookEventId":"01KA11CE0000000000000000AB",` +
	`"deliveryContext":{"isRedelivery":false},"replyToken":"9d1f2ab34c5e4f60a7b8c9d0e1f2a3b4","message":{"id":"590000000000000123",` +
	`"type":"text","quoteToken":"qT-0123456789abcdefghijklmnopqrstuv","markAsReadToken":"mR-0123456789abcdef","text":"Is the parcel on its way?"}}]}`

// TestParsingATextAllocatesLittle bounds what a webhook costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	conn, req := open(t, nil), post(typical)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := conn.Parse(req); err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocations, 100.0)
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, nil), post(typical)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeText is what encoding/json alone takes for the same bytes.
func BenchmarkDecodeText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal([]byte(typical), &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	conn, req := open(b, nil), post(typical, signature(secret, typical))
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
