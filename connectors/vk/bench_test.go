package vk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typical = `{"group_id":204060,"type":"message_new","event_id":"7f3a90c1","v":"5.199","object":{"message":{"date":1767225600,` +
	`"from_id":501,"id":88,"version":10001,"out":0,"fwd_messages":[],"important":false,"is_hidden":false,"attachments":[],` +
	`"conversation_message_id":12,"text":"Is the parcel on its way?","is_unavailable":false,"peer_id":501,"random_id":0},` +
	`"client_info":{"button_actions":["text","vkpay","open_app","location","open_link","callback"],"keyboard":true,` +
	`"inline_keyboard":true,"carousel":true,"lang_id":3}},"secret":"` + secret + `"}`

// TestParsingATextAllocatesLittle bounds what a webhook costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	conn, req := open(t, config()), post(typical)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := conn.Parse(req); err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocations, 100.0)
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, config()), post(typical)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	conn, req := open(b, config()), post(typical)
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
