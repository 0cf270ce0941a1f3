package zalo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typical = `{"app_id":"7001000200030004000","sender":{"id":"7246000100020003000"},"user_id_by_app":"7552000100020003000",` +
	`"recipient":{"id":"7388000100020003000"},"event_name":"user_send_text","message":{"text":"Is the parcel on its way?",` +
	`"msg_id":"96c0ffee0001"},"timestamp":"1773480413123"}`

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
	conn, req := open(b, nil), post(typical, "mac="+mac(appID, typical, "1773480413123", key))
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
