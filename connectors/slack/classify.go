package slack

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

// answer is everything an answer of the Web API can hold.
type answer struct {
	OK       *bool  `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"` // the scope that is missing
	Channel  ref    `json:"channel"`
	TS       string `json:"ts"`
	URL      string `json:"upload_url"`
	FileID   string `json:"file_id"`
	Team     string `json:"team"`
	BotName  ref    `json:"user"` // of auth.test; others have a whole person there
	TeamID   string `json:"team_id"`
	File     shares `json:"file"`
	Metadata struct {
		Messages []string `json:"messages"`
	} `json:"response_metadata"`
}

// shares say where a file was posted, by channel.
type shares struct {
	Shares struct {
		Private map[string][]share `json:"private"`
		Public  map[string][]share `json:"public"`
	} `json:"shares"`
}

type share struct {
	TS string `json:"ts"`
}

// Classify reads an answer. Slack answers errors with status 200 and names them;
// another status comes from before or behind the API.
func (b *bot) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	good := resp.Status >= 200 && resp.Status <= 299
	if good && call.Name == opUpload {
		return connectors.Outcome{Verdict: connectors.Done}
	}
	if good && call.Name == opDownload {
		return downloaded(call, resp)
	}
	var a answer
	said := json.Unmarshal(resp.Body, &a) == nil && a.OK != nil
	switch {
	case said && !*a.OK && a.Error != "" && call.Name != opDownload:
		return b.failed(call, resp, &a)
	case good && said && *a.OK:
		return b.carried(call, &a)
	case good:
		return nonsense()
	}
	return unanswered(call, resp)
}

// carried reads a good answer.
func (b *bot) carried(call *connectors.Call, a *answer) connectors.Outcome {
	out := connectors.Outcome{Verdict: connectors.Done}
	switch call.Name {
	case opPost:
		if a.Channel == "" || a.TS == "" {
			return nonsense()
		}
		out.IDs = []normalize.PlatformID{messageID(string(a.Channel), a.TS)}
	case opOpen:
		if a.Channel == "" {
			return nonsense()
		}
		out.Data = map[string]string{dataChannel: string(a.Channel)}
	case opAddress:
		if a.URL == "" || a.FileID == "" {
			return nonsense()
		}
		out.Data = map[string]string{dataServer: a.URL, dataFile: a.FileID}
	case opFile:
		// Slack posts files in its own time: one that is not out yet has no
		// message to be named. What is out is not held up by that.
		out.IDs = a.File.messages()
	case opCheck:
		if b.team != "" && a.TeamID != "" && a.TeamID != b.team {
			return failure(connectors.Suspend, normalize.ReasonAuth, "", "The bot token is of another workspace than the setting team_id")
		}
		out.Data = map[string]string{"team": b.scrub(a.Team), "user": b.scrub(string(a.BotName))}
	}
	return out
}

// messages are the names of the messages that a file is in. It was uploaded for
// one.
func (s *shares) messages() []normalize.PlatformID {
	for _, all := range []map[string][]share{s.Shares.Private, s.Shares.Public} {
		for channel, posted := range all {
			if len(all) == 1 && len(posted) == 1 && channel != "" && posted[0].TS != "" {
				return []normalize.PlatformID{messageID(channel, posted[0].TS)}
			}
		}
	}
	return nil
}

// failed reads an error that Slack names.
func (b *bot) failed(call *connectors.Call, resp *connectors.Response, a *answer) connectors.Outcome {
	switch {
	case a.Error == "already_reacted" && call.Name == opReact, a.Error == "no_reaction" && call.Name == opUnreact:
		return connectors.Outcome{Verdict: connectors.Done}
	case call.Name == opFile && resp.Status/100 == 2 && classOf(a.Error, false).verdict == connectors.Refuse:
		// The message is out; that its name cannot be found must not make it a
		// failed one.
		return connectors.Outcome{Verdict: connectors.Done}
	case resp.Status == http.StatusTooManyRequests:
		a.Error = "ratelimited"
	}
	class := classOf(a.Error, call.Visible && !call.Idempotent)
	if class.verdict == connectors.Suspend && lacks(a.Error) && !essential(call.Name) {
		class.verdict = connectors.Refuse
	}
	words := "Slack answered: " + strings.ReplaceAll(a.Error, "_", " ")
	if a.Needed != "" {
		words += fmt.Sprintf(" (the app needs the scope %s: add it and install the app again)", a.Needed)
	}
	if len(a.Metadata.Messages) > 0 {
		words += " (" + strings.Join(a.Metadata.Messages, "; ") + ")"
	}
	o := failure(class.verdict, class.reason, shortened(b.scrub(a.Error)), b.scrub(words))
	if o.Failure.Retryable {
		o.After = class.after
		if hint := retryAfter(resp); hint > 0 {
			o.After = hint
		}
	}
	return o
}

// lacks tells errors about one method's scope from those about the token.
func lacks(name string) bool {
	return name == "missing_scope" || name == "no_permission" || name == "not_allowed_token_type"
}

// essential tells the calls without which nothing can be sent at all.
func essential(op string) bool { return op == opPost || op == opOpen || op == opCheck }

// unanswered reads an answer that is not the API's.
func unanswered(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	code, words := strconv.Itoa(resp.Status), "Slack answered with HTTP status "+strconv.Itoa(resp.Status)
	// Slack names what is wrong with a token: a page with 403 is that of something
	// in between, which the channel need not stop for.
	firewalled := resp.Status == http.StatusForbidden && call.Name != opUpload
	switch status := resp.Status; {
	case status == http.StatusTooManyRequests:
		o := failure(connectors.Wait, normalize.ReasonThrottled, code, words)
		if o.After = retryAfter(resp); o.After == 0 {
			o.After = shortPause
		}
		return o
	case call.Name == opDownload && status >= 300 && status <= 399:
		return loginPage()
	case status == http.StatusUnauthorized && call.Name != opUpload:
		// The address to upload to holds no token.
		return failure(connectors.Suspend, normalize.ReasonAuth, code, words)
	case call.Name == opDownload && (status == http.StatusNotFound || status == http.StatusGone):
		return failure(connectors.Refuse, normalize.ReasonGone, code, words)
	case status >= 400 && status <= 499 && status != http.StatusRequestTimeout && !firewalled:
		return failure(connectors.Refuse, normalize.ReasonUnknown, code, words)
	case !call.Visible || call.Idempotent || status == http.StatusServiceUnavailable || status/100 == 3:
		o := failure(connectors.Retry, normalize.ReasonUnavailable, code, words)
		o.After = retryAfter(resp)
		return o
	}
	return failure(connectors.Unclear, normalize.ReasonUnavailable, code, words)
}

// downloaded tells a file from the page that Slack shows to whoever may not have
// it, with status 200.
func downloaded(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	isPage := strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html")
	if isPage && !strings.HasPrefix(call.Header.Get("Accept"), "text/html") {
		return loginPage()
	}
	return connectors.Outcome{Verdict: connectors.Done}
}

func loginPage() connectors.Outcome {
	return failure(connectors.Refuse, normalize.ReasonAuth, "", "Slack asks to sign in instead of handing over the file: the app needs the scope files:read")
}

func failure(v connectors.Verdict, r normalize.Reason, code, message string) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{
		Reason: r, Code: code, Message: message, Retryable: v == connectors.Retry || v == connectors.Wait,
	}}
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	return failure(connectors.Unclear, normalize.ReasonUnknown, "", "Slack answered something that makes no sense")
}

// retryAfter is the pause that a header asks for, a day at most, or zero.
func retryAfter(resp *connectors.Response) time.Duration {
	const day = 24 * time.Hour
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(day/time.Second))) * time.Second
}

// scrub takes credentials out of what Slack said, however it is written: names
// of errors have their underscores replaced.
func (b *bot) scrub(text string) string {
	for _, s := range append([]connectors.Secret{b.token}, b.secrets...) {
		if s.Empty() {
			continue
		}
		text = strings.ReplaceAll(text, s.Reveal(), s.String())
		text = strings.ReplaceAll(text, strings.ReplaceAll(s.Reveal(), "_", " "), s.String())
	}
	return text
}
