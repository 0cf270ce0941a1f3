package viber

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses, since Viber names none.
const (
	pauseThrottled = 10 * time.Second
	pausePeer      = time.Minute
	longestPause   = 24 * time.Hour
)

// answer is everything an answer of the API can hold.
type answer struct {
	Status  *int   `json:"status"`
	Message string `json:"status_message"`
	Token   digits `json:"message_token"`

	ID      string `json:"id"`
	Name    string `json:"name"`
	URI     string `json:"uri"`
	Webhook string `json:"webhook"`
}

// Classify reads an answer by the status in its body: the HTTP status is 200
// for refusals too (platforms/viber: section 5). A body without one comes from
// something before or behind the API.
//
// A message that the person's client is too old for is Done, with word of that
// for Next: nothing was sent, and it goes out again as text.
func (b *bot) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	var ans answer
	if json.Unmarshal(resp.Body, &ans) != nil {
		ans = answer{}
	}
	good := resp.Status >= 200 && resp.Status < 300
	var o connectors.Outcome
	switch {
	case good && ans.Status != nil && *ans.Status == 0:
		return accepted(call, &ans)
	case good && ans.Status != nil && tooOld(*ans.Status) && inWords(call):
		return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{dataFallback: fallbackText}}
	case ans.Status != nil && *ans.Status != 0:
		o = refused(call, *ans.Status)
		o.Failure.Code, o.Failure.Message = strconv.Itoa(*ans.Status), b.words(*ans.Status, ans.Message)
	case good:
		return nonsense()
	default:
		o = withoutStatus(call, resp)
		o.Failure.Code = strconv.Itoa(resp.Status)
		o.Failure.Message = "Viber answered with HTTP status " + strconv.Itoa(resp.Status)
	}
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

func accepted(call *connectors.Call, ans *answer) connectors.Outcome {
	o := connectors.Outcome{Verdict: connectors.Done}
	switch call.Name {
	case opSend:
		if ans.Token == "" {
			return nonsense()
		}
		o.IDs = []normalize.PlatformID{normalize.PlatformID(ans.Token)}
	case opCheck:
		o.Data = map[string]string{"id": ans.ID, "name": ans.Name, "uri": ans.URI, "webhook": ans.Webhook}
	}
	return o
}

// tooOld tells the statuses of a client that lacks what the message needs.
func tooOld(status int) bool { return status == 13 || status == 14 }

// inWords tells that the call's message says more than its words, and can be
// said in words.
func inWords(call *connectors.Call) bool {
	var m outgoing
	if call.Name != opSend || json.Unmarshal(call.Body, &m) != nil || m.plain() {
		return false
	}
	return m.inWords().Text != ""
}

func outcome(v connectors.Verdict, r normalize.Reason) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r}}
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	o := outcome(connectors.Unclear, normalize.ReasonUnknown)
	o.Failure.Message = "Viber's answer makes no sense"
	return o
}

// withoutStatus reads an answer that is none of the API's.
func withoutStatus(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	switch status := resp.Status; {
	case status == http.StatusUnauthorized:
		return outcome(connectors.Suspend, normalize.ReasonAuth)
	case status == http.StatusTooManyRequests:
		o := outcome(connectors.Wait, normalize.ReasonThrottled)
		if o.After = retryAfter(resp); o.After == 0 {
			o.After = pauseThrottled
		}
		return o
	case status == http.StatusRequestEntityTooLarge:
		return outcome(connectors.Refuse, normalize.ReasonContent)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return outcome(connectors.Refuse, normalize.ReasonUnknown)
	case status != http.StatusServiceUnavailable && call.Visible:
		return outcome(connectors.Unclear, normalize.ReasonUnavailable)
	}
	o := outcome(connectors.Retry, normalize.ReasonUnavailable)
	o.After = retryAfter(resp)
	return o
}

// retryAfter is what a gateway in front of the API asks for, or zero.
func retryAfter(resp *connectors.Response) time.Duration {
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(longestPause/time.Second))) * time.Second
}

// longestWords bounds what is kept of Viber's words, in runes.
const longestWords = 300

// words says what a status means and what to do, with Viber's own word for it,
// and without our secrets.
func (b *bot) words(status int, said string) string {
	for _, s := range b.tokens {
		if !s.Empty() {
			said = strings.ReplaceAll(said, s.Reveal(), s.String())
		}
	}
	said = shorten(said, longestWords)
	meaning := meaningOf(status).words
	switch {
	case meaning == "" && said == "":
		return "Viber answered with status " + strconv.Itoa(status)
	case meaning == "":
		return said
	case said == "":
		return meaning
	}
	return meaning + " (" + said + ")"
}
