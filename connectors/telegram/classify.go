package telegram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses that Telegram asks for. A short one is about the chat (one message a
// second, twenty a minute in a group); one longer than floodOfBot is the bot's
// own, for too much in all.
const (
	floodOfBot   = time.Minute
	defaultPause = 5 * time.Second // throttled without a word about how long
	longestPause = 24 * time.Hour  // more than that is no pause but nonsense
)

// answer is what every method answers with.
type answer struct {
	OK          *bool           `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter      int64 `json:"retry_after"`
		MigrateToChatID int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// Classify reads the answer to a call (Bot API, "Making requests" and
// ResponseParameters; descriptions as the official server words them).
//
// A server error with {"ok": false} is the Bot API's own word that the method
// was not carried out, and is tried again. One without it comes from a gateway
// that lost the server on the way: the message may be out, and the outcome of a
// visible call is unclear, as it is after 502 and 504: those come from the front
// of api.telegram.org, whose words are the Bot API's. 503 is a refusal to begin
// and is tried again.
func (b *bot) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	success := resp.Status >= 200 && resp.Status < 300
	if call.Name == callDownload {
		return classifyDownload(resp, success)
	}
	var a answer
	said := json.Unmarshal(resp.Body, &a) == nil && a.OK != nil
	switch {
	case success && said && *a.OK:
		return b.accepted(call, a.Result)
	case success && (!said || a.ErrorCode == 0):
		return failed(connectors.Unclear, normalize.ReasonUnknown, "", "Telegram's answer makes no sense")
	case !said || a.ErrorCode == 0:
		a.ErrorCode = resp.Status
	}
	switch {
	case call.Idempotent || !call.Visible:
		said = true // to try again does no harm
	case a.ErrorCode == http.StatusBadGateway || a.ErrorCode == http.StatusGatewayTimeout:
		said = false
	}
	o := a.outcome(resp, said)
	if o.Failure != nil {
		o.Failure.Message = b.scrub(o.Failure.Message)
	}
	return o
}

// accepted takes the ids out of an answer; a method that sends answers with the
// message.
func (b *bot) accepted(call *connectors.Call, result json.RawMessage) connectors.Outcome {
	if !strings.HasPrefix(call.Name, "send") || call.Name == callChatAction {
		if len(result) == 0 {
			return failed(connectors.Unclear, normalize.ReasonUnknown, "", "Telegram's answer makes no sense")
		}
		return connectors.Outcome{Verdict: connectors.Done}
	}
	var sent struct {
		MessageID int64 `json:"message_id"`
		Chat      struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	}
	var asked struct {
		ChatID     int64  `json:"chat_id"`
		Connection string `json:"business_connection_id"`
	}
	if json.Unmarshal(result, &sent) != nil || sent.MessageID <= 0 || json.Unmarshal(call.Body, &asked) != nil {
		return failed(connectors.Unclear, normalize.ReasonUnknown, "", "Telegram's answer does not name the message")
	}
	at := address{asked.ChatID, asked.Connection}
	if sent.Chat.ID != 0 {
		at.chat = sent.Chat.ID
	}
	return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{at.message(sent.MessageID)}}
}

func failed(v connectors.Verdict, r normalize.Reason, code, message string) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{
		Reason: r, Code: code, Message: message, Retryable: v == connectors.Retry || v == connectors.Wait,
	}}
}

// outcome reads an error. said is set when it is certain that nothing was
// carried out, or does not matter.
func (a *answer) outcome(resp *connectors.Response, said bool) connectors.Outcome {
	code := strconv.Itoa(a.ErrorCode)
	message := a.Description
	if message == "" {
		message = fmt.Sprintf("Telegram answered with status %d", resp.Status)
	}
	fail := func(v connectors.Verdict, r normalize.Reason) connectors.Outcome { return failed(v, r, code, message) }
	switch {
	case a.ErrorCode == http.StatusTooManyRequests:
		o := fail(connectors.Wait, normalize.ReasonThrottled)
		o.After = a.pause(resp)
		o.PeerOnly = o.After <= floodOfBot
		return o
	case a.ErrorCode == http.StatusUnauthorized || a.ErrorCode == http.StatusNotFound:
		// 404 is the answer to a token that cannot be one.
		return fail(connectors.Suspend, normalize.ReasonAuth)
	case a.ErrorCode == http.StatusForbidden:
		return fail(connectors.Refuse, forbidden(a.Description))
	case a.ErrorCode == http.StatusBadRequest && a.Parameters.MigrateToChatID != 0:
		o := fail(connectors.Retry, normalize.ReasonGone)
		o.Alias = userID(a.Parameters.MigrateToChatID)
		return o
	case a.ErrorCode == http.StatusBadRequest && harmless(a.Description):
		return connectors.Outcome{Verdict: connectors.Done}
	case a.ErrorCode == http.StatusBadRequest:
		return fail(connectors.Refuse, badRequest(a.Description))
	case a.ErrorCode == http.StatusRequestEntityTooLarge:
		return fail(connectors.Refuse, normalize.ReasonContent)
	case a.ErrorCode > 400 && a.ErrorCode < 500 && a.ErrorCode != http.StatusRequestTimeout:
		return fail(connectors.Refuse, normalize.ReasonUnknown)
	case said || a.ErrorCode == http.StatusServiceUnavailable || a.ErrorCode/100 == 3:
		o := fail(connectors.Retry, normalize.ReasonUnavailable)
		o.After = retryAfter(resp)
		return o
	}
	return fail(connectors.Unclear, normalize.ReasonUnavailable)
}

// pause is how long to wait when throttled.
func (a *answer) pause(resp *connectors.Response) time.Duration {
	if a.Parameters.RetryAfter > 0 {
		return bounded(a.Parameters.RetryAfter)
	}
	if after := retryAfter(resp); after > 0 {
		return after
	}
	return defaultPause
}

// retryAfter is what a gateway in front of the Bot API asks for, or zero.
func retryAfter(resp *connectors.Response) time.Duration {
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return bounded(seconds)
}

func bounded(seconds int64) time.Duration {
	return time.Duration(min(seconds, int64(longestPause/time.Second))) * time.Second
}

// scrub takes credentials out of what Telegram said.
func (b *bot) scrub(text string) string {
	for _, s := range []connectors.Secret{b.token, b.secret, b.previous} {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	return text
}

// classifyDownload reads the answer to fetching a file, whose body is the file.
func classifyDownload(resp *connectors.Response, success bool) connectors.Outcome {
	code, message := strconv.Itoa(resp.Status), "The file could not be fetched from Telegram"
	switch {
	case success:
		return connectors.Outcome{Verdict: connectors.Done}
	case resp.Status == http.StatusTooManyRequests:
		o := failed(connectors.Wait, normalize.ReasonThrottled, code, message)
		o.After = (&answer{}).pause(resp)
		return o
	case resp.Status == http.StatusUnauthorized:
		return failed(connectors.Suspend, normalize.ReasonAuth, code, message)
	case resp.Status >= 400 && resp.Status < 500 && resp.Status != http.StatusRequestTimeout:
		// Its link has expired; asking getFile again gives another.
		return failed(connectors.Refuse, normalize.ReasonGone, code, message)
	}
	return failed(connectors.Retry, normalize.ReasonUnavailable, code, message)
}
