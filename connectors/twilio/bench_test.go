package twilio_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

const typical = "ToCountry=US&ToState=CA&SmsMessageSid=SM0a00000000000000000000000000beef&NumMedia=0&ToCity=&FromZip=94107" +
	"&SmsSid=SM0a00000000000000000000000000beef&FromState=CA&SmsStatus=received&FromCity=SAN+FRANCISCO&Body=Is+the+parcel+on+its+way%3F" +
	"&FromCountry=US&To=%2B14155550199&ToZip=&NumSegments=1&MessageSid=SM0a00000000000000000000000000beef" +
	"&AccountSid=" + account + "&From=%2B14155550123&ApiVersion=2010-04-01"

func typicalRequest() *connectors.Request {
	const address = "https://hub.example/webhooks/ch_1"
	return request(address, typical, sign(token, address, []byte(typical)))
}

// TestParsingATextAllocatesLittle bounds what a webhook costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	conn, req := open(t, config(overSMS)), typicalRequest()
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := conn.Parse(req); err != nil {
			panic(err)
		}
	})
	require.LessOrEqual(t, allocations, 100.0)
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, config(overSMS)), typicalRequest()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	conn, req := open(b, config(overSMS)), typicalRequest()
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
