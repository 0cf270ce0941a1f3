package x

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// answer is everything an answer of the API can hold: data, or a problem in its
// own words or in those of the retired API.
type answer struct {
	Data struct {
		EventID    string `json:"dm_event_id"`
		ID         string `json:"id"`
		Name       string `json:"name"`
		Username   string `json:"username"`
		Processing *struct {
			State string `json:"state"`
			After int64  `json:"check_after_secs"`
		} `json:"processing_info"`
	} `json:"data"`

	Title  string `json:"title"`
	Detail string `json:"detail"`
	Type   string `json:"type"`
	Reason string `json:"reason"`
	Errors []struct {
		Code    json.Number `json:"code"`
		Message string      `json:"message"`
		Detail  string      `json:"detail"`
	} `json:"errors"`
}

// Classify reads the answer to a call (platforms/x: Errors).
func (a *account) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status < 300
	var ans answer
	if call.Name != opMedia || !good {
		// What cannot be read is an answer without a word.
		_ = json.Unmarshal(resp.Body, &ans)
	}
	if good {
		return a.accepted(call, &ans)
	}
	o := a.refused(call, resp, &ans)
	o.Failure.Code = ans.code(resp)
	o.Failure.Message = a.words(resp, &ans)
	o.Failure.Retryable = o.Verdict == connectors.Retry || o.Verdict == connectors.Wait
	return o
}

func outcome(v connectors.Verdict, r normalize.Reason, words string) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{Reason: r, Message: words, Retryable: v == connectors.Retry || v == connectors.Wait}}
}

func done(data map[string]string) connectors.Outcome {
	return connectors.Outcome{Verdict: connectors.Done, Data: data}
}

const nonsense = "X's answer makes no sense"

func (a *account) accepted(call *connectors.Call, ans *answer) connectors.Outcome {
	switch call.Name {
	case opSend:
		if ans.Data.EventID == "" {
			return outcome(connectors.Unclear, normalize.ReasonUnknown, nonsense)
		}
		return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{normalize.PlatformID(ans.Data.EventID)}}
	case opCheck:
		switch {
		case ans.Data.ID == "":
			return outcome(connectors.Unclear, normalize.ReasonUnknown, nonsense)
		case ans.Data.ID != a.user:
			return outcome(connectors.Suspend, normalize.ReasonAuth, "the access token is of another account than user_id says: enter one that belongs to it")
		}
		return done(map[string]string{"name": ans.Data.Name, "username": ans.Data.Username})
	case opRegister:
		return done(map[string]string{"webhook_id": ans.Data.ID})
	case opUpload, opInit, opFinalize, opStatus:
		return uploaded(call, ans)
	}
	return done(nil)
}

// uploaded reads how far an upload is.
func uploaded(call *connectors.Call, ans *answer) connectors.Outcome {
	if !digits(ans.Data.ID) {
		return outcome(connectors.Retry, normalize.ReasonUnavailable, nonsense)
	}
	data := map[string]string{dataMedia: ans.Data.ID}
	if ans.Data.Processing == nil {
		return done(data)
	}
	switch state := ans.Data.Processing.State; {
	case state == "failed":
		return outcome(connectors.Refuse, normalize.ReasonContent, "X could not make use of the file")
	case state == "succeeded":
		return done(data)
	case call.Name == opStatus:
		o := outcome(connectors.Retry, normalize.ReasonUnavailable, "X is still at work on the file")
		o.After = time.Duration(min(max(ans.Data.Processing.After, 1), 60)) * time.Second
		return o
	}
	data[dataPending] = "yes"
	return done(data)
}

// refused reads an answer that is no success, by its status and, where one has
// several meanings, its codes and words.
func (a *account) refused(call *connectors.Call, resp *connectors.Response, ans *answer) connectors.Outcome {
	switch status := resp.Status; {
	case status == http.StatusTooManyRequests:
		o := outcome(connectors.Wait, normalize.ReasonThrottled, "")
		o.After = reset(resp)
		return o
	case status == http.StatusUnauthorized && ans.has("135"):
		// Only our clock is wrong.
		return outcome(connectors.Retry, normalize.ReasonUnavailable, "")
	case status == http.StatusUnauthorized:
		return outcome(connectors.Suspend, normalize.ReasonAuth, "")
	case status == http.StatusForbidden:
		return forbidden(ans)
	case status == http.StatusNotFound, status == http.StatusGone:
		return outcome(connectors.Refuse, normalize.ReasonGone, "")
	case status == http.StatusBadRequest && ans.has("50", "63"):
		return outcome(connectors.Refuse, normalize.ReasonGone, "")
	case status == http.StatusBadRequest && ans.has("349", "150", "151"):
		return outcome(connectors.Refuse, normalize.ReasonBlocked, "")
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType:
		return outcome(connectors.Refuse, normalize.ReasonContent, "")
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return outcome(connectors.Refuse, normalize.ReasonUnknown, "")
	case call.Visible && status != http.StatusServiceUnavailable:
		return outcome(connectors.Unclear, normalize.ReasonUnavailable, "")
	}
	return outcome(connectors.Retry, normalize.ReasonUnavailable, "")
}

// aboutApp tells a problem with what the app or its token may do, by its type
// and reason: its words may speak of anything.
func (ans *answer) aboutApp() bool {
	for _, name := range []string{ans.Type, ans.Reason} {
		name = strings.ToLower(name)
		for _, part := range []string{"client-not-enrolled", "client-forbidden", "oauth1-permissions", "scope"} {
			if strings.Contains(name, part) {
				return true
			}
		}
	}
	return false
}

// forbidden reads a 403: the peer takes no messages from us, is gone, the
// message looked automated, or the app or its token lacks a permission.
func forbidden(ans *answer) connectors.Outcome {
	words := strings.ToLower(ans.Title + " " + ans.Detail + " " + ans.Type + " " + ans.Reason)
	for _, e := range ans.Errors {
		words += " " + strings.ToLower(e.Message+" "+e.Detail)
	}
	holds := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(words, part) {
				return true
			}
		}
		return false
	}
	switch {
	case ans.has("50", "63"):
		return outcome(connectors.Refuse, normalize.ReasonGone, "")
	case ans.has("64", "326"):
		return outcome(connectors.Suspend, normalize.ReasonAuth, "")
	case ans.has("226"):
		return outcome(connectors.Refuse, normalize.ReasonContent, "")
	case ans.has("349", "150", "151"), holds("cannot send messages", "permission to dm", "not following"):
		return outcome(connectors.Refuse, normalize.ReasonBlocked, "")
	case ans.aboutApp():
		return outcome(connectors.Suspend, normalize.ReasonAuth, "")
	}
	return outcome(connectors.Refuse, normalize.ReasonAuth, "")
}
