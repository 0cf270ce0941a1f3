package slack_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

const typical = `{"token":"unused","team_id":"T0HOME","context_team_id":"T0HOME","context_enterprise_id":null,"api_app_id":"A0HUB",` +
	`"event":{"type":"message","client_msg_id":"2f1c7f0e-7c0b-4d57-9b5e-0d0f4f6a0001","text":"Is the parcel on its way?","user":"U0MIRA",` +
	`"ts":"1767225600.000200","team":"T0HOME","blocks":[{"type":"rich_text","block_id":"b1","elements":[{"type":"rich_text_section",` +
	`"elements":[{"type":"text","text":"Is the parcel on its way?"}]}]}],"channel":"D0MIRA","event_ts":"1767225600.000200","channel_type":"im"},` +
	`"type":"event_callback","event_id":"Ev0001","event_time":1767225600,"authorizations":[{"enterprise_id":null,"team_id":"T0HOME",` +
	`"user_id":"U0BOT","is_bot":true,"is_enterprise_install":false}],"is_ext_shared_channel":false,"event_context":"4-x"}`

func typicalRequest() *connectors.Request {
	return request(typical, "1767225600", sign(secret, "1767225600", typical))
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
	at := time.Unix(1767225600, 0)
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, at); err != nil {
			b.Fatal(err)
		}
	}
}
