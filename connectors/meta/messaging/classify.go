package messaging

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// answer is everything an answer of the API can hold.
type answer struct {
	RecipientID meta.Flex   `json:"recipient_id"`
	MessageID   string      `json:"message_id"`
	Success     bool        `json:"success"`
	ID          meta.Flex   `json:"id"`
	UserID      meta.Flex   `json:"user_id"`
	Name        string      `json:"name"`
	Username    string      `json:"username"`
	Error       *meta.Error `json:"error"`
}

// Classify reads an answer by its error code, whatever the HTTP status and the
// texts: errors have been seen with 200 (platforms/messenger: section 8). Where
// there is none, a 2xx that does not say what it should leaves the outcome open.
func (c *Connector) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status <= 299
	if good && call.Name == meta.OpDownload {
		return connectors.Outcome{Verdict: connectors.Done}
	}
	var a answer
	readable := json.Unmarshal(resp.Body, &a) == nil
	switch {
	case readable && a.Error != nil && (!good || a.Error.Code != ""):
		return c.failed(call, resp, a.Error)
	case good && readable:
		return c.done(call, &a)
	case good:
		return c.judge.Nonsense()
	default:
		return c.judge.WithoutCode(call, resp)
	}
}

// done reads a good answer.
func (c *Connector) done(call *connectors.Call, a *answer) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Done}
	switch call.Name {
	case opSend:
		if a.MessageID == "" {
			return c.judge.Nonsense()
		}
		out.IDs = []normalize.PlatformID{normalize.PlatformID(a.MessageID)}
		out.Alias = alias(call, a)
	case opReact, opRead, opTyping:
		if a.RecipientID == "" && !a.Success {
			return c.judge.Nonsense()
		}
	case opSubscribe, OpRegister:
		if !a.Success {
			return c.judge.Nonsense()
		}
	case opCheck:
		return c.checked(a)
	case opProfile:
		if a.ID == "" && a.Name == "" && a.Username == "" {
			return c.judge.Nonsense()
		}
	}
	return out
}

// alias is the id of a person who was written to by a reference.
func alias(call *connectors.Call, a *answer) normalize.PeerID {
	var sent outgoing
	if json.Unmarshal(call.Body, &sent) != nil || sent.Recipient.UserRef == "" {
		return ""
	}
	return normalize.PeerID(a.RecipientID)
}

// checked compares whose token it is with the channel's settings. An Instagram
// account that is logged in by itself has another id in webhooks than id.
func (c *Connector) checked(a *answer) connectors.Outcome {
	id := first(string(a.UserID), string(a.ID))
	switch {
	case id == "":
		return c.judge.Nonsense()
	case id != c.o.Account && string(a.ID) != c.o.Account:
		whose := "another account"
		if strings.Trim(id, "0123456789") == "" {
			whose = "the account " + id // digits repeat no secret
		}
		return connectors.Outcome{Verdict: connectors.Refuse, Failure: &normalize.Failure{
			Reason:  normalize.ReasonAuth,
			Message: "The token is that of " + whose + ", not of " + c.o.Account + ": correct the id in the channel's settings, or the token",
		}}
	}
	return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{"id": id, "name": first(a.Name, a.Username)}}
}

// failed reads an answer with an error code.
func (c *Connector) failed(call *connectors.Call, resp *connectors.Response, e *meta.Error) connectors.Outcome {
	code, subcode := e.Code.Int(), e.Subcode.Int()
	class := classOf(code, subcode)
	switch {
	case code == 0 && resp.Status == http.StatusUnauthorized:
		class = suspended()
	case class.Verdict == "" && resp.Status == http.StatusTooManyRequests:
		class = throttled(meta.Pause)
	case class.Verdict == "":
		return c.coded(c.judge.Unlisted(call, resp, e), e)
	case vague(code) && class.Verdict == connectors.Retry && resp.Status >= 500 && call.Visible && !call.Idempotent:
		// Like a 5xx without a code: it may be out.
		class.Verdict = connectors.Unclear
	case class.Verdict == connectors.Suspend && code != meta.CodeToken && !vital(call):
		// What is not allowed is this one thing.
		class.Verdict = connectors.Refuse
	case class.Verdict == connectors.Suspend && code != meta.CodeToken && bytes.Contains(call.Body, []byte(`"tag":"`+tagHumanAgent+`"`)):
		// The app may not use the tag. Without it messages still go out.
		class = refused(normalize.ReasonWindow)
	}
	return c.coded(c.judge.Failed(resp, e, class), e)
}

// vital tells the calls without which a channel is of no use.
func vital(call *connectors.Call) bool {
	switch call.Name {
	case opSend, opCheck, opSubscribe, OpRegister:
		return true
	}
	return false
}

// coded adds the subcode to the code and what to do to some texts.
func (c *Connector) coded(out connectors.Outcome, e *meta.Error) connectors.Outcome {
	if e.Subcode != "" && e.Subcode != "0" {
		out.Failure.Code += "-" + string(e.Subcode)
	}
	if isOwner(e.Code.Int(), e.Subcode.Int()) {
		out.Failure.Message = "Another app owns this conversation: take it over in " + c.o.Dialect.Platform + "'s inbox or make this app the default one, then send again"
	}
	return out
}
