package whatsapp

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// answer is everything an answer of the Graph API can hold.
type answer struct {
	Messages []struct {
		ID string `json:"id"`
	} `json:"messages"`
	Contacts []struct {
		WaID   flex   `json:"wa_id"`
		UserID string `json:"user_id"`
	} `json:"contacts"`
	Success      bool      `json:"success"`
	ID           flex      `json:"id"`
	URL          string    `json:"url"`
	VerifiedName string    `json:"verified_name"`
	Number       string    `json:"display_phone_number"`
	Quality      string    `json:"quality_rating"`
	Error        *apiError `json:"error"`
}

// Classify reads an answer by its error code (error codes), whatever the HTTP
// status and the texts. Where there is none:
//
//   - a 2xx that does not say what it should leaves the outcome open;
//   - so does a 5xx to a visible call, which comes from something before or
//     behind the API; one with a transient code of the API was not carried
//     out and may be repeated;
//   - 401 and 403 mean that the token does not work.
func (c *connector) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status <= 299
	if good && call.Name == opDownload {
		return connectors.Outcome{Verdict: connectors.Done}
	}
	var a answer
	readable := json.Unmarshal(resp.Body, &a) == nil
	switch {
	case readable && a.Error != nil && (!good || a.Error.Code != ""):
		return c.failed(call, resp, a.Error)
	case good && readable:
		return done(call, &a)
	case good:
		return nonsense()
	default:
		return withoutCode(call, resp)
	}
}

// done reads a good answer.
func done(call *connectors.Call, a *answer) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Done}
	switch call.Name {
	case opSend, opReact:
		for _, m := range a.Messages {
			if m.ID != "" {
				out.IDs = append(out.IDs, normalize.PlatformID(m.ID))
			}
		}
		if len(out.IDs) == 0 {
			return nonsense()
		}
		if call.Name == opSend {
			out.Alias = alias(call, a)
		}
	case opRead, opTyping, opSubscribe:
		if !a.Success {
			return nonsense()
		}
	case opCheck:
		if a.ID == "" {
			return nonsense()
		}
		out.Data = map[string]string{"verified_name": a.VerifiedName, "display_phone_number": a.Number, "quality_rating": a.Quality}
	case opMedia:
		if a.URL == "" {
			return nonsense()
		}
	}
	return out
}

// alias is the id the answer knows the recipient by, when it is not the one we
// wrote to: numbers of some countries have two forms (Brazil, Mexico,
// Argentina), and webhooks will use the other one.
func alias(call *connectors.Call, a *answer) normalize.PeerID {
	var sent struct {
		To            string `json:"to"`
		Recipient     string `json:"recipient"`
		RecipientType string `json:"recipient_type"`
	}
	if len(a.Contacts) == 0 || json.Unmarshal(call.Body, &sent) != nil || sent.RecipientType == "group" {
		return ""
	}
	for _, id := range []string{string(a.Contacts[0].WaID), a.Contacts[0].UserID} {
		if id != "" && id != sent.To && id != sent.Recipient {
			return normalize.PeerID(id)
		}
	}
	return ""
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	return connectors.Outcome{Verdict: connectors.Unclear, Failure: &normalize.Failure{
		Reason: normalize.ReasonUnknown, Message: "WhatsApp answered something that makes no sense",
	}}
}

// failed reads an answer with an error code.
func (c *connector) failed(call *connectors.Call, resp *connectors.Response, e *apiError) connectors.Outcome {
	class := classOf(e.Code.int())
	switch {
	case e.Code.int() == 0 && resp.Status == http.StatusUnauthorized:
		class = classOf(codeToken)
	case e.Code.int() == codeInvalid && e.Subcode.int() == subcodeGone:
		// The number does not exist or the token may not see it. For a media
		// id it means the same of that id alone.
		class = classOf(subcodeGone)
		if call.Name == opMedia {
			class.verdict, class.reason = connectors.Refuse, normalize.ReasonGone
		}
	case class.verdict == "":
		return c.described(withoutCode(call, resp), e)
	}
	out := connectors.Outcome{
		Verdict: class.verdict, PeerOnly: class.peerOnly, After: class.after,
		Failure: &normalize.Failure{Reason: class.reason},
	}
	if class.verdict == connectors.Retry || class.verdict == connectors.Wait {
		out.Failure.Retryable = true
		if hint := hinted(resp); hint > 0 {
			out.After = hint
		}
	}
	return c.described(out, e)
}

// described adds what Meta says about an error. Its texts can repeat what they
// were sent ("Malformed access token EAA…").
func (c *connector) described(out connectors.Outcome, e *apiError) connectors.Outcome {
	text := e.text()
	for _, s := range append([]connectors.Secret{c.accessToken, c.verifyToken}, c.appSecrets...) {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), "[secret]")
		}
	}
	if e.Code.int() == codeToken {
		text = "The access token is not valid any more"
	}
	out.Failure.Code = string(e.Code)
	if text != "" {
		out.Failure.Message = text
	}
	return out
}

// withoutCode reads an answer that is no error of the API's, or one with a
// code nobody knows.
func withoutCode(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Refuse, Failure: &normalize.Failure{
		Reason: normalize.ReasonUnknown, Message: "WhatsApp answered with HTTP status " + strconv.Itoa(resp.Status),
	}}
	switch status := resp.Status; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		out.Verdict, out.Failure.Reason = connectors.Suspend, normalize.ReasonAuth
	case status == http.StatusTooManyRequests:
		out.Verdict, out.Failure.Reason, out.Failure.Retryable = connectors.Wait, normalize.ReasonThrottled, true
		if out.After = hinted(resp); out.After == 0 {
			out.After = pause
		}
	case status == http.StatusRequestEntityTooLarge:
		out.Failure.Reason = normalize.ReasonContent
	case status == http.StatusNotFound && call.Name == opDownload:
		// The address has expired: it can be asked for again.
		out.Verdict, out.Failure.Reason, out.Failure.Retryable = connectors.Retry, normalize.ReasonUnavailable, true
	case status >= 500 && call.Visible && !call.Idempotent:
		out.Verdict, out.Failure.Reason = connectors.Unclear, normalize.ReasonUnavailable
	case status >= 500, status == http.StatusRequestTimeout:
		out.Verdict, out.Failure.Reason, out.Failure.Retryable = connectors.Retry, normalize.ReasonUnavailable, true
		out.After = hinted(resp)
	}
	return out
}

// Bounds of what is believed of a platform's hints and texts.
const (
	longestHint = 24 * time.Hour
	longestText = 500 // runes
)

// hinted is how long the answer asks to wait: the usual header, or the minutes
// of X-Business-Use-Case-Usage (limits), of which the longest.
func hinted(resp *connectors.Response) time.Duration {
	var wait time.Duration
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		wait = time.Duration(min(s, int(longestHint/time.Second))) * time.Second
	}
	var usage map[string][]struct {
		Minutes int `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(resp.Header.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return wait
	}
	for _, cases := range usage {
		for _, u := range cases {
			minutes := min(max(u.Minutes, 0), int(longestHint/time.Minute))
			wait = max(wait, time.Duration(minutes)*time.Minute)
		}
	}
	return wait
}

// bounded cuts a text that is longer than anybody reads.
func bounded(s string) string {
	runes := 0
	for i := range s {
		if runes == longestText {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}
