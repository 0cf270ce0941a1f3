package whatsapp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

func send(t *testing.T, conn connectors.Connector) *connectors.Call {
	t.Helper()
	call, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "351930000001"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
	}, nil)
	require.NoError(t, err)
	return call
}

func graphError(code int) []byte {
	return fmt.Appendf(nil, `{"error":{"message":"(#%[1]d) Words","type":"OAuthException","code":%[1]d,"fbtrace_id":"A"}}`, code)
}

func TestEveryErrorCodeOfTheTable(t *testing.T) {
	conn := open(t, nil)
	call := send(t, conn)
	for _, row := range []struct {
		status  int
		codes   []int
		verdict connectors.Verdict
		reason  normalize.Reason
	}{
		{401, []int{190, 0}, connectors.Suspend, normalize.ReasonAuth},
		{403, []int{3, 10, 200, 210, 299, 131005}, connectors.Suspend, normalize.ReasonAuth},
		{400, []int{33, 133010}, connectors.Suspend, normalize.ReasonAuth},
		{400, []int{4, 80007, 130429, 131056, 131048, 131064, 133016}, connectors.Wait, normalize.ReasonThrottled},
		{500, []int{1, 2, 131000, 131016, 131057, 133004, 131053}, connectors.Retry, normalize.ReasonUnavailable},
		{400, []int{131047}, connectors.Refuse, normalize.ReasonWindow},
		{400, []int{131050}, connectors.Refuse, normalize.ReasonBlocked},
		{400, []int{131049, 130472}, connectors.Refuse, normalize.ReasonThrottled},
		{400, []int{131026, 131021, 131030, 131062, 130497}, connectors.Refuse, normalize.ReasonGone},
		{400, []int{132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069}, connectors.Refuse, normalize.ReasonContent},
		{400, []int{100, 131008, 131009, 131051, 131052, 135000, 137000}, connectors.Refuse, normalize.ReasonContent},
		{400, []int{368, 131031, 131037, 131045}, connectors.Suspend, normalize.ReasonAuth},
		{400, []int{131042, 131063}, connectors.Refuse, normalize.ReasonUnknown},
		{400, []int{199, 300, 999999, -1}, connectors.Refuse, normalize.ReasonUnknown},
	} {
		for _, code := range row.codes {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				// The code decides, not the HTTP status.
				statuses := []int{row.status}
				if code != 0 && row.codes[0] != 199 {
					statuses = []int{200, 400, 404, 429, 500, 503}
				}
				for _, status := range statuses {
					got := conn.Classify(call, &connectors.Response{Status: status, Body: graphError(code)})
					require.Equal(t, row.verdict, got.Verdict, "HTTP status %d", status)
					require.Equal(t, row.reason, got.Failure.Reason)
					require.Equal(t, fmt.Sprint(code), got.Failure.Code)
					require.Equal(t, code == 131056, got.PeerOnly)
					require.Equal(t, row.verdict == connectors.Wait || row.verdict == connectors.Retry, got.Failure.Retryable)
					require.Equal(t, row.verdict == connectors.Wait, got.After > 0 && code != 131057)
				}
			})
		}
	}
}

// TestAnUnknownCodeDoesNotStopTheChannel: it may be about one person's message.
func TestAnUnknownCodeDoesNotStopTheChannel(t *testing.T) {
	conn := open(t, nil)
	for _, status := range []int{401, 403} {
		got := conn.Classify(send(t, conn), &connectors.Response{Status: status, Body: graphError(999999)})
		require.Equal(t, connectors.Refuse, got.Verdict, "HTTP status %d", status)
		require.Equal(t, normalize.Failure{Reason: normalize.ReasonUnknown, Code: "999999", Message: "Words"}, *got.Failure)
	}
}

func TestAnswersWithoutACode(t *testing.T) {
	conn := open(t, nil)
	visible := send(t, conn)
	quiet := conn.(connectors.Checker).Check()
	for _, c := range []struct {
		status          int
		visible, silent connectors.Verdict
	}{
		{200, connectors.Unclear, connectors.Unclear},
		{302, connectors.Refuse, connectors.Refuse},
		{400, connectors.Refuse, connectors.Refuse},
		{401, connectors.Suspend, connectors.Suspend},
		{403, connectors.Suspend, connectors.Suspend},
		{408, connectors.Retry, connectors.Retry},
		{413, connectors.Refuse, connectors.Refuse},
		{429, connectors.Wait, connectors.Wait},
		{500, connectors.Unclear, connectors.Retry},
		{504, connectors.Unclear, connectors.Retry},
	} {
		for _, body := range []string{"", "<html></html>", "{}", `{"error":"down"}`, `{"error":{}}`, "[1]"} {
			got := conn.Classify(visible, &connectors.Response{Status: c.status, Body: []byte(body)})
			require.Equal(t, c.visible, got.Verdict, "visible, %d %s", c.status, body)
			got = conn.Classify(quiet, &connectors.Response{Status: c.status, Body: []byte(body)})
			require.Equal(t, c.silent, got.Verdict, "not visible, %d %s", c.status, body)
		}
	}
}

func TestHintsHowLongToWait(t *testing.T) {
	conn := open(t, nil)
	call := send(t, conn)
	usage := func(minutes ...int) string {
		var cases []map[string]int
		for _, m := range minutes {
			cases = append(cases, map[string]int{"call_count": 1, "estimated_time_to_regain_access": m})
		}
		text, err := json.Marshal(map[string]any{"300000000000001": cases})
		require.NoError(t, err)
		return string(text)
	}
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"no header":                        {nil, 5 * time.Second},
		"Retry-After in seconds":           {http.Header{"Retry-After": {"40"}}, 40 * time.Second},
		"Retry-After that is a date":       {http.Header{"Retry-After": {"Sat, 14 Mar 2026 09:26:53 GMT"}}, 5 * time.Second},
		"Retry-After below zero":           {http.Header{"Retry-After": {"-1"}}, 5 * time.Second},
		"the usage header":                 {http.Header{"X-Business-Use-Case-Usage": {usage(0, 7)}}, 7 * time.Minute},
		"a usage header that names none":   {http.Header{"X-Business-Use-Case-Usage": {usage(0)}}, 5 * time.Second},
		"a usage header that is no JSON":   {http.Header{"X-Business-Use-Case-Usage": {"{"}}, 5 * time.Second},
		"the longer of the two":            {http.Header{"Retry-After": {"40"}, "X-Business-Use-Case-Usage": {usage(7)}}, 7 * time.Minute},
		"no more than a day, in minutes":   {http.Header{"X-Business-Use-Case-Usage": {usage(1 << 40)}}, 24 * time.Hour},
		"no more than a day, in seconds":   {http.Header{"Retry-After": {"9000000000000000000"}}, 24 * time.Hour},
		"a usage header with other values": {http.Header{"X-Business-Use-Case-Usage": {`{"1":[{"estimated_time_to_regain_access":"x"}]}`}}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			got := conn.Classify(call, &connectors.Response{Status: 429, Header: c.header, Body: graphError(130429)})
			require.Equal(t, connectors.Wait, got.Verdict)
			require.Equal(t, c.want, got.After)
		})
	}
}

func TestAliasIsAnIDWeDidNotWriteTo(t *testing.T) {
	conn := open(t, nil)
	for name, c := range map[string]struct{ contact, want string }{
		"the number we wrote to is none":            {`{"input":"+351930000001","wa_id":"351930000001"}`, ""},
		"an input of no known form changes nothing": {`{"input":"x","wa_id":"351930000001"}`, ""},
		"another number is one":                     {`{"input":"351930000001","wa_id":"35193000001"}`, "35193000001"},
		"a business-scoped id is one":               {`{"input":"351930000001","wa_id":"351930000001","user_id":"PT.7001"}`, "PT.7001"},
		"no id is none":                             {`{"input":"351930000001","wa_id":null}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := conn.Classify(send(t, conn), &connectors.Response{
				Status: 200, Body: []byte(`{"messaging_product":"whatsapp","contacts":[` + c.contact + `],"messages":[{"id":"wamid.1"}]}`),
			})
			require.Equal(t, connectors.Outcome{
				Verdict: connectors.Done, IDs: []normalize.PlatformID{"wamid.1"}, Alias: normalize.PeerID(c.want),
			}, got)
		})
	}
}
