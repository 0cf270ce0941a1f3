package discord_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

const typical = `{"t":"MESSAGE_CREATE","s":42,"op":0,"d":{"type":0,"tts":false,"timestamp":"2026-03-14T09:26:53.123000+00:00","pinned":false,` +
	`"nonce":"77","mentions":[],"mention_roles":[],"mention_everyone":false,"id":"1482309040113000001","flags":0,"embeds":[],"edited_timestamp":null,` +
	`"content":"Do you still have the blue kettle?","components":[],"channel_id":"913300455677120099","author":{"username":"ines.k","public_flags":0,` +
	`"id":"612300455677120012","global_name":"Ines K.","discriminator":"0","avatar":"5d1f0c7aa2"},"attachments":[],"channel_type":1}}`

func dispatch() *connectors.Request {
	req := post(typical)
	req.Header.Set(connectors.StreamHeader, "gateway/1f2e3d4c5b6a")
	return req
}

// TestParsingATextAllocatesLittle bounds what a message costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	conn, req := open(t, nil), dispatch()
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := conn.Parse(req); err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocations, 100.0)
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, nil), dispatch()
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
