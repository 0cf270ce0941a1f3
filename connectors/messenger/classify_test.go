package messenger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

// TestEveryErrorOfTheTable goes through platforms/messenger, section 5.
func TestEveryErrorOfTheTable(t *testing.T) {
	conn := open(t, nil)
	call, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "7200000000000001"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
	}, nil)
	require.NoError(t, err)
	type pair [2]int
	for _, row := range []struct {
		class   string
		verdict connectors.Verdict
		reason  normalize.Reason
		codes   []pair
	}{
		{"token", connectors.Suspend, normalize.ReasonAuth, []pair{{190, 0}, {190, 463}, {190, 460}, {190, 458}, {102, 0}}},
		{"permission", connectors.Suspend, normalize.ReasonAuth, []pair{{200, 2018028}, {200, 0}, {10, 0}, {3, 0}, {299, 0}}},
		{"outside window", connectors.Refuse, normalize.ReasonWindow, []pair{{10, 2018278}, {10, 2534022}, {10, 2018065}, {10, 1545041}}},
		{"blocked", connectors.Refuse, normalize.ReasonBlocked, []pair{{551, 0}, {551, 1545041}, {200, 1545041}, {10, 2018108}, {1893015, 0}}},
		{"invalid recipient", connectors.Refuse, normalize.ReasonGone, []pair{{100, 2018001}, {100, 2534014}}},
		{"throttled", connectors.Wait, normalize.ReasonThrottled, []pair{
			{4, 0}, {4, 2018354}, {9, 2018352}, {17, 0}, {32, 0}, {613, 0}, {613, 2534040}, {80006, 0}, {613, 2018338},
		}},
		{"vague", connectors.Retry, normalize.ReasonUnavailable, []pair{{1, 0}, {2, 0}, {-1, 0}}},
		{"transient", connectors.Retry, normalize.ReasonUnavailable, []pair{{1200, 0}}},
		{"media", connectors.Refuse, normalize.ReasonContent, []pair{
			{100, 2018008}, {100, 2018047}, {100, 2018109}, {100, 2018294}, {100, 2018074}, {36000, 0},
		}},
		{"thread owner", connectors.Refuse, normalize.ReasonUnavailable, []pair{{10, 2018300}, {2018321, 0}, {10, 2018321}}},
		{"restricted page", connectors.Suspend, normalize.ReasonAuth, []pair{{10, 1893063}, {368, 0}, {2022, 0}}},
		{"other permanent", connectors.Refuse, normalize.ReasonContent, []pair{{100, 0}, {100, 33}, {10900, 0}}},
		{"message deleted", connectors.Refuse, normalize.ReasonGone, []pair{{9000001, 0}}},
		{"no profile", connectors.Refuse, normalize.ReasonGone, []pair{{100, 2018218}, {100, 2018247}}},
	} {
		for _, c := range row.codes {
			t.Run(fmt.Sprint(row.class, " ", c[0], "-", c[1]), func(t *testing.T) {
				// The code decides, not the HTTP status, unless it says nothing.
				for _, status := range []int{200, 400, 403, 404, 429, 500, 503} {
					verdict := row.verdict
					if row.class == "vague" && status >= 500 {
						verdict = connectors.Unclear
					}
					got := conn.Classify(call, &connectors.Response{Status: status, Body: graphError(c[0], c[1])})
					require.Equal(t, verdict, got.Verdict, "HTTP status %d", status)
					require.Equal(t, row.reason, got.Failure.Reason)
					require.Equal(t, verdict == connectors.Wait, got.After > 0)
					require.Equal(t, verdict == connectors.Wait || verdict == connectors.Retry, got.Failure.Retryable)
					want := fmt.Sprint(c[0])
					if c[1] != 0 {
						want = fmt.Sprint(c[0], "-", c[1])
					}
					require.Equal(t, want, got.Failure.Code)
					require.NotEmpty(t, got.Failure.Message)
				}
			})
		}
	}
}

func TestAnUnknownCodeIsReadByTheStatus(t *testing.T) {
	conn := open(t, nil)
	call, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "7200000000000001"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
	}, nil)
	require.NoError(t, err)
	for status, want := range map[int]connectors.Verdict{
		400: connectors.Refuse, 401: connectors.Refuse, 403: connectors.Refuse, 429: connectors.Wait, 500: connectors.Unclear, 200: connectors.Refuse,
	} {
		got := conn.Classify(call, &connectors.Response{Status: status, Body: graphError(999999, 0)})
		require.Equal(t, want, got.Verdict, "HTTP status %d", status)
		require.Equal(t, "999999", got.Failure.Code)
		require.Equal(t, "Words", got.Failure.Message)
	}
}

// TestAVagueErrorOfASilentCallIsTriedAgain: nobody sees what it does twice.
func TestAVagueErrorOfASilentCallIsTriedAgain(t *testing.T) {
	conn := open(t, nil)
	got := conn.Classify(conn.(connectors.Checker).Check(), &connectors.Response{Status: 500, Body: graphError(2, 0)})
	require.Equal(t, connectors.Retry, got.Verdict)
}
