package x_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typical = `{"data":{"event_uuid":"-6850000000000000001","filter":{"user_id":"2244000000000000077"},"event_type":"dm.received","tag":"t",` +
	`"payload":{"direct_message_events":[{"type":"message_create","id":"2080000000000000101","created_timestamp":"1773480413123","message_create":` +
	`{"target":{"recipient_id":"2244000000000000077"},"sender_id":"3311000000000000042","message_data":{"text":"Is the parcel on its way?",` +
	`"entities":{"hashtags":[],"symbols":[],"user_mentions":[],"urls":[]}}}}],"users":{"3311000000000000042":{"data":{"id":"3311000000000000042",` +
	`"username":"ada_l","name":"Ada Lark","profile_image_url":"https://pbs.twimg.com/profile_images/1/ada_normal.jpg","verified":false}}}}}}`

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
