// Package callout calls the webhooks of others: those that rules call and those
// of subscribers. Calls are signed as Standard Webhooks has it
// (https://www.standardwebhooks.com), and what came of one is told in a few
// words that both can go by.
package callout

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/internal/egress"
)

// Time bounds one call, its answer included.
const Time = 10 * time.Second

// maxAfter bounds the pause that a receiver may ask for.
const maxAfter = time.Hour

// Carrier takes calls out (egress.Client).
type Carrier interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
}

// Hook is a webhook to be called.
type Hook struct {
	Kind  string // names the calls to breakers and metrics
	Owner string // the rule or the subscription: each has a breaker of its own
	URL   string
	// Secrets sign, each by itself: two while one takes the other's place.
	Secrets []connectors.Secret
}

// Verdict says what came of a call.
type Verdict string

// Verdicts.
const (
	Done    Verdict = "done"    // answered 2xx
	Again   Verdict = "again"   // failed; another attempt may do better
	Gone    Verdict = "gone"    // answered 410: the receiver wants no more calls
	Never   Verdict = "never"   // no call can be made like this: the address or the secret is of no use
	Later   Verdict = "later"   // not made, through no fault of the receiver; it uses up no attempt
	Stopped Verdict = "stopped" // broken off because the hub stops
)

// Result is what came of a call.
type Result struct {
	Verdict Verdict
	Status  int           // of the answer, 0 for none
	After   time.Duration // the pause that was asked for, 0 for none
	Detail  string        // for people; it holds no secret. Empty when done
}

// Call makes one call: id and body stay the same from one attempt to the next,
// so that the receiver knows it again. Redirects are not followed: an address
// that moved is changed by whoever gave it. Of the answer only its head counts.
func Call(ctx context.Context, c Carrier, h Hook, id string, at time.Time, body []byte) Result {
	header, err := Sign(h.Secrets, id, at, body)
	if err != nil {
		return Result{Verdict: Never, Detail: "the secret of the webhook cannot be used: give it another"}
	}
	bounded, cancel := context.WithTimeout(ctx, Time)
	defer cancel()
	resp, err := c.Do(bounded,
		egress.Target{Kind: h.Kind, Channel: h.Owner, Redactor: redactor(h)},
		&connectors.Call{Name: "webhook", Method: http.MethodPost, URL: h.URL, Header: header, Body: body})
	var refused *egress.Error
	switch {
	case err == nil:
		return answered(resp.Status, resp.Header, at)
	case ctx.Err() != nil:
		return Result{Verdict: Stopped, Detail: "the hub stopped while it called"}
	case !errors.As(err, &refused):
		return Result{Verdict: Again, Detail: err.Error()}
	case !refused.Sent && (refused.Reason == egress.ReasonBreaker || refused.Reason == egress.ReasonThrottled):
		return Result{Verdict: Later, After: max(refused.RetryAfter, time.Second), Detail: err.Error()}
	case refused.Reason == egress.ReasonBlocked, refused.Reason == egress.ReasonInvalid:
		return Result{Verdict: Never, Detail: err.Error()}
	case refused.Status != 0:
		return answered(refused.Status, nil, at) // what follows the head is of no interest
	}
	return Result{Verdict: Again, Detail: err.Error()}
}

func redactor(h Hook) *egress.Redactor {
	secrets := make(map[string]connectors.Secret, len(h.Secrets))
	for i, s := range h.Secrets {
		secrets["secret"+strconv.Itoa(i)] = s
	}
	return egress.NewRedactor(secrets, h.URL)
}

// answered judges an answer.
func answered(status int, header http.Header, now time.Time) Result {
	r := Result{Verdict: Again, Status: status, Detail: "the receiver answered " + strconv.Itoa(status)}
	switch {
	case status >= 200 && status < 300:
		r.Verdict, r.Detail = Done, ""
	case status == http.StatusGone:
		r.Verdict, r.Detail = Gone, "the receiver answered 410: it wants no more calls"
	case status >= 300 && status < 400:
		r.Detail += ": redirects are not followed, give the address it moved to"
	default:
		r.After = retryAfter(header.Get("Retry-After"), now)
	}
	return r
}

// retryAfter reads a pause in seconds or until a date (RFC 9110, 10.2.3).
func retryAfter(v string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(v); err == nil {
		return min(max(time.Duration(seconds)*time.Second, 0), maxAfter)
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), maxAfter)
	}
	return 0
}

// Sign makes the headers of a call: the id, the time and the body, signed under
// each of the secrets.
func Sign(secrets []connectors.Secret, id string, at time.Time, body []byte) (http.Header, error) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := SecretKey(secret.Reveal())
		if err != nil {
			return nil, fmt.Errorf("sign: secret %d: %w", i+1, err)
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(id + "." + stamp + "."))
		_, _ = mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", strings.Join(signatures, " "))
	return h, nil
}
