package tokens

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

// record is how a token is stored.
type record struct {
	Revision string `json:"revision"` // of the credentials it was got with
	Access   string `json:"access,omitempty"`
	// Own is set when the credentials hold the token.
	Own     bool      `json:"own,omitempty"`
	RenewAt time.Time `json:"renew_at,omitzero"`
	EndsAt  time.Time `json:"ends_at,omitzero"`
	// Holder is getting another one, at most until LeaseUntil.
	Holder     string    `json:"holder,omitempty"`
	LeaseUntil time.Time `json:"lease_until,omitzero"`
	// Failures count those since the last success. None is asked for before
	// RetryAt.
	Failures int       `json:"failures,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
	Why      string    `json:"why,omitempty"`
}

// accessField is where a token is sealed for. No credential has such a name.
const accessField = ":access"

const (
	// lease is how long one process may take to get a token. It is longer
	// than a call may take and than rotated credentials are tried to be kept.
	lease    = time.Minute
	flight   = 45 * time.Second
	pollWait = 100 * time.Millisecond
	// maxPause is the longest time a platform that gives no token is left alone.
	maxPause = 2 * time.Minute
)

// access answers the token for a call, not the stale one. Whoever asks while
// one is being got waits for it, as long as ctx lasts.
func (k *Keeper) access(ctx context.Context, channel string, account Account, stale string) (held, error) {
	h := k.known(channel, account.Revision)
	if h.fresh(k.Now(), stale) {
		return h, nil
	}
	if h.retryAt.After(k.Now()) {
		return k.makeDo(h, stale)
	}
	// What is under way goes on without its callers: a refresh token that was
	// used and whose answer nobody waits for would be lost.
	done := k.flights.DoChan(channel+" "+account.Revision+" "+stale, func() (any, error) {
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), flight)
		defer cancel()
		return k.get(work, channel, stale)
	})
	select {
	case <-ctx.Done():
		return held{}, &Error{Outcome: unavailable("it took too long to get one"), cause: ctx.Err()}
	case res := <-done:
		h, _ := res.Val.(held)
		return h, res.Err
	}
}

// makeDo is the answer while no token can be asked for.
func (k *Keeper) makeDo(h held, stale string) (held, error) {
	if h.good(k.Now(), stale) {
		return h, nil
	}
	e := *h.failure
	e.Outcome.After = max(h.retryAt.Sub(k.Now()), 100*time.Millisecond)
	return held{}, &e
}

// get reads the stored token and, when it will not do, gets another under the
// record's lease. ctx ends with the flight.
func (k *Keeper) get(ctx context.Context, channel, stale string) (held, error) {
	for {
		h, err := k.try(ctx, channel, stale)
		switch {
		case err == nil:
			return h, nil
		case errors.Is(err, errAgain):
			select {
			case <-ctx.Done():
				return held{}, &Error{Outcome: unavailable("another process is getting one"), cause: ctx.Err()}
			case <-time.After(pollWait):
			}
		default:
			var e *Error
			if !errors.As(err, &e) {
				e = &Error{Outcome: unavailable("it could not be read or kept: " + err.Error()), cause: err}
			}
			return held{}, e
		}
	}
}

// errAgain: somebody else is at it or was faster; look again.
var errAgain = errors.New("look again")

func (k *Keeper) try(ctx context.Context, channel, stale string) (held, error) {
	account, err := k.Open(ctx, channel, true)
	if err != nil {
		return held{}, fmt.Errorf("open the channel: %w", err)
	}
	item, err := k.records.Get(ctx, channel)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return held{}, err
	}
	item.ID = channel
	now := k.now()
	h := held{revision: account.Revision}
	if item.Value.Revision == account.Revision {
		if h, err = k.read(account, item); err != nil {
			return held{}, err
		}
	}
	if h.fresh(now, stale) {
		k.know(channel, h)
		return h, nil
	}
	if h.retryAt.After(now) {
		k.know(channel, h)
		return k.makeDo(h, stale)
	}
	if item.Value.LeaseUntil.After(now) {
		if h.good(now, stale) {
			return h, nil // whoever has the lease renews it ahead of time
		}
		return held{}, errAgain
	}
	return k.renew(ctx, account, item, h, stale)
}

// read opens a stored token.
func (k *Keeper) read(a Account, item directory.Item[record]) (held, error) {
	r := item.Value
	h := held{revision: r.Revision, own: r.Own, renewAt: r.RenewAt, endsAt: r.EndsAt, retryAt: r.RetryAt}
	if r.Why != "" {
		h.failure = &Error{Outcome: unavailable(r.Why)}
	}
	if r.Access != "" {
		access, err := k.Keys.Open(seal.Place{Channel: item.ID, Field: accessField}, r.Access)
		if err != nil {
			return held{}, fmt.Errorf("open a token: %w", err)
		}
		h.access = access
	}
	h.redact = redactorOf(a, h.access)
	return h, nil
}

// renew takes the lease, asks the platform and keeps what it says.
func (k *Keeper) renew(ctx context.Context, account Account, item directory.Item[record], old held, stale string) (held, error) {
	call, err := account.Connector.(connectors.Tokened).TokenCall(k.Now().UTC())
	if err != nil {
		return held{}, &Error{Outcome: unavailable(account.Target.Redactor.String(err.Error()))}
	}
	if call == nil {
		// The credentials hold the token; nothing is kept.
		h := held{revision: account.Revision, own: true, redact: redactorOf(account, connectors.Secret{})}
		k.know(item.ID, h)
		return h, nil
	}
	r := item.Value
	if r.Revision != account.Revision {
		r = record{Revision: account.Revision}
		if after := lasts(account); after > 0 {
			return k.use(ctx, account, item, k.now().Add(after))
		}
	}
	r.Holder, r.LeaseUntil = k.Owner, k.now().Add(lease)
	if item, err = k.keep(ctx, item, r); err != nil {
		return held{}, err
	}
	// The credentials may have been changed between reading them and taking
	// the lease; from here on only an admin changes them.
	latest, err := k.Open(ctx, item.ID, true)
	if err != nil {
		return held{}, fmt.Errorf("open the channel: %w", err)
	}
	if latest.Revision != account.Revision {
		r.Holder, r.LeaseUntil = "", time.Time{}
		if _, err := k.keep(ctx, item, r); err != nil {
			return held{}, err
		}
		return held{}, errAgain
	}
	token, outcome := k.ask(ctx, account, call)
	if outcome != nil {
		return k.failed(ctx, account, item, old, stale, *outcome)
	}
	return k.succeeded(ctx, account, item, token)
}

// keep stores the record; errAgain when somebody else was faster.
func (k *Keeper) keep(ctx context.Context, item directory.Item[record], r record) (directory.Item[record], error) {
	item.Value = r
	var err error
	if item.Version == 0 {
		item, err = k.records.Create(ctx, item.ID, r)
	} else {
		item, err = k.records.Update(ctx, item)
	}
	if errors.Is(err, directory.ErrConflict) {
		return item, errAgain
	}
	return item, err
}

// ask makes the call for a token; the outcome is nil when there is one.
func (k *Keeper) ask(ctx context.Context, a Account, call *connectors.Call) (connectors.Token, *connectors.Outcome) {
	resp, err := k.Egress.Do(ctx, a.Target, k.sign(a, clone(call)))
	var token connectors.Token
	if err == nil {
		token, err = a.Connector.(connectors.Tokened).ReadToken(resp)
	}
	if err == nil && token.Access.Empty() {
		err = errors.New("its answer holds none")
	}
	if err != nil {
		o := refused(a, call, resp, err)
		return connectors.Token{}, &o
	}
	return token, nil
}

// failed notes that there is no token for now and frees the lease.
func (k *Keeper) failed(ctx context.Context, a Account, item directory.Item[record], old held, stale string, o connectors.Outcome) (held, error) {
	r := item.Value
	r.Holder, r.LeaseUntil = "", time.Time{}
	var suspended *Error
	if o.Verdict == connectors.Suspend {
		suspended = k.suspend(ctx, item.ID, o.Failure.Message)
		r.Failures, r.RetryAt, r.Why = 0, time.Time{}, ""
	} else {
		r.Failures++
		wait := max(o.After, pause(r.Failures-1))
		if r.Own {
			wait = max(wait, lastingPause)
		}
		r.RetryAt, r.Why = k.now().Add(wait), o.Failure.Message
		k.Logger.WarnContext(ctx, "the platform gave no access token, it will be asked again", "channel", item.ID, "at", r.RetryAt, "reason", r.Why)
	}
	if _, err := k.keep(ctx, item, r); err != nil && !errors.Is(err, errAgain) {
		k.Logger.ErrorContext(ctx, "the failure to get a token could not be noted", "channel", item.ID, "error", err)
	}
	if suspended != nil {
		return held{}, suspended
	}
	old.revision, old.retryAt, old.failure = a.Revision, r.RetryAt, &Error{Outcome: o}
	if old.redact == nil {
		old.redact = redactorOf(a, old.access)
	}
	k.know(item.ID, old)
	return k.makeDo(old, stale)
}

// succeeded keeps first the credentials that the answer replaced, then the
// token. Only then is it used.
func (k *Keeper) succeeded(ctx context.Context, a Account, item directory.Item[record], token connectors.Token) (held, error) {
	revision := a.Revision
	if len(token.Rotated) > 0 {
		var err error
		if revision, err = k.rotate(ctx, a, item, token.Rotated); err != nil {
			return held{}, err
		}
		a.Credentials = maps.Clone(a.Credentials)
		maps.Copy(a.Credentials, token.Rotated)
	}
	if after := lasts(a); after > 0 {
		if token.TTL > 0 {
			after = token.TTL - token.TTL/6
		}
		k.Logger.InfoContext(ctx, "access token of the credentials renewed", "channel", item.ID, "for", token.TTL)
		a.Revision = revision
		return k.use(ctx, a, item, k.now().Add(after))
	}
	sealed, err := k.Keys.Seal(seal.Place{Channel: item.ID, Field: accessField}, token.Access)
	if err != nil {
		return held{}, fmt.Errorf("seal a token: %w", err)
	}
	r := record{Revision: revision, Access: sealed}
	if token.TTL > 0 {
		now := k.now()
		r.EndsAt = now.Add(token.TTL)
		r.RenewAt = r.EndsAt.Add(-min(token.TTL/10, 5*time.Minute))
	}
	if item, err = k.keep(ctx, item, r); err != nil {
		return held{}, err
	}
	h, err := k.read(a, item)
	if err != nil {
		return held{}, err
	}
	k.know(item.ID, h)
	k.Logger.InfoContext(ctx, "access token renewed", "channel", item.ID, "until", r.EndsAt)
	return h, nil
}

// rotate keeps credentials that replace used ones: as long as this fails, the
// channel would be locked out, so it is tried until the flight ends.
func (k *Keeper) rotate(ctx context.Context, a Account, item directory.Item[record], rotated map[string]connectors.Secret) (string, error) {
	for n := 0; ; n++ {
		revision, err := k.Rotate(ctx, item.ID, a.Credentials, rotated)
		switch {
		case err == nil:
			return revision, nil
		case errors.Is(err, ErrSuperseded):
			// Somebody entered other credentials: theirs count.
			if _, err := k.keep(ctx, item, record{}); err != nil {
				return "", err
			}
			return "", errAgain
		}
		k.Logger.ErrorContext(ctx, "credentials that replace used ones could not be kept, trying again", "channel", item.ID, "error", err)
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("keep credentials that replace used ones: %w", err)
		case <-time.After(min(100*time.Millisecond<<n, 5*time.Second)):
		}
	}
}

// pause grows with each failure and is spread.
func pause(failures int) time.Duration {
	p := min(time.Second<<min(failures, 16), maxPause)
	return p/2 + rand.N(p/2+1)
}

func (k *Keeper) now() time.Time { return k.Now().UTC().Truncate(time.Millisecond) }
