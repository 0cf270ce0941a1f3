package wechat_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const typical = `<xml><ToUserName><![CDATA[gh_0c0ffee0c0ffe]]></ToUserName><FromUserName><![CDATA[oHana-0000000000000000000001]]></FromUserName>` +
	`<CreateTime>1773480413</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[Is the parcel on its way?]]></Content>` +
	`<MsgId>24600000000000123</MsgId></xml>`

// typicalJSON is the same in the other format.
const typicalJSON = `{"ToUserName":"gh_0c0ffee0c0ffe","FromUserName":"oHana-0000000000000000000001","CreateTime":1773480413,` +
	`"MsgType":"text","Content":"Is the parcel on its way?","MsgId":24600000000000123}`

// TestParsingATextAllocatesLittle bounds what a webhook costs the collector.
func TestParsingATextAllocatesLittle(t *testing.T) {
	encrypted := post(typical)
	seal(encrypted, aesKey, token, time.Unix(1773480413, 0))
	conn := open(t, safe(), nil)
	for _, body := range []string{typical, typicalJSON, string(encrypted.Body)} {
		req := post(body)
		allocations := testing.AllocsPerRun(100, func() {
			if _, err := conn.Parse(req); err != nil {
				panic(err)
			}
		})
		require.LessOrEqual(t, allocations, 100.0)
	}
}

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, config(), nil), post(typical)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEncryptedText(b *testing.B) {
	conn, req := open(b, safe(), nil), post(typical)
	seal(req, aesKey, token, time.Unix(1773480413, 0))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Parse(req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeText is what encoding/json alone takes for the same message.
func BenchmarkDecodeText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal([]byte(typicalJSON), &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	conn, req, now := open(b, safe(), nil), post(typical), time.Unix(1773480413, 0)
	seal(req, aesKey, token, now)
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Verify(req, now); err != nil {
			b.Fatal(err)
		}
	}
}
