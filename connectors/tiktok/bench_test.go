package tiktok_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typical = `{"client_key":"7600000000000000007","event":"im_receive_msg","create_time":1773480413,"user_openid":"-0c0ffee_kite-bakery",` +
	`"content":"{\"timestamp\":1773480413123,\"unique_identifier\":\"+hana0000\",\"from_user\":{\"id\":\"+hana0000\",\"role\":\"personal_account\"},` +
	`\"to_user\":{\"id\":\"-0c0ffee_kite-bakery\",\"role\":\"business_account\"},\"from\":\"hana\",\"to\":\"kitebakery\",` +
	`\"conversation_id\":\"u5conv0007==\",\"message_id\":\"u5msg0001==\",\"type\":\"text\",\"text\":{\"body\":\"Is the parcel on its way?\"},\"is_follower\":true}"}`

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
	conn, req, now := open(b, nil), post(typical), time.Unix(1773480413, 0)
	sign(req, now)
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, now); err != nil {
			b.Fatal(err)
		}
	}
}
