package wechat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestTheQuickWayReadsAsTheLongOneDoes puts pieces of XML together at random.
func TestTheQuickWayReadsAsTheLongOneDoes(t *testing.T) {
	pieces := []string{
		"<xml>", "</xml>", "<a>", "</a>", "<MsgType>", "</MsgType>", "<a/>", "<![CDATA[", "]]>", "text", " ", "\n", "\r\n", "&amp;", "&", "<", ">",
		"<a><![CDATA[早上好]]></a>", "<MsgId>7</MsgId>", "<b7>x</b7>", "<a>]]></a>", "<!-- no -->", "<?xml version=\"1.0\"?>", "\x07", "\xff", "\ufffe", "<x:a>1</x:a>",
	}
	quick := 0
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 8).Draw(t, "pieces"), "")
		if rapid.Bool().Draw(t, "whole") {
			body = "<xml>" + body + "</xml>"
		}
		got, ok := readFlat(body)
		if !ok {
			return
		}
		quick++
		want, err := readXML([]byte(body))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
	require.NotZero(t, quick, "nothing went the quick way")
}

func TestSeparatorsOfLinesAreWrittenOut(t *testing.T) {
	require.Equal(t, "a\u2028b\u2029c", string(separators([]byte(`a\u2028b\u2029c`))))
	require.Equal(t, `a\\u2028`+"\u2028"+`\"\u202`, string(separators([]byte(`a\\u2028\u2028\"\u202`))), "a backslash that somebody typed stays")
}
