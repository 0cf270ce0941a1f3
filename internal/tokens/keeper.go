package tokens

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/seal"
)

// Egress is what carries calls in the end (egress.Client).
type Egress interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
	Fetch(ctx context.Context, t egress.Target, call *connectors.Call, limit int64) (*egress.File, *connectors.Response, error)
	FetchPublic(ctx context.Context, t egress.Target, address string, limit int64) (*egress.File, error)
	CoolDown(channel, peer string, until time.Time)
	Delay(t egress.Target, call string) time.Duration
	Held() map[string]time.Time
}

// Account is a channel as far as its tokens are concerned.
type Account struct {
	Connector connectors.Connector
	Target    egress.Target
	// Credentials are what the connector was opened with.
	Credentials map[string]connectors.Secret
	// Revision changes whenever a credential does.
	Revision string
	// Idle is set for a channel that makes no calls: disabled or suspended.
	Idle bool
}

// ErrSuperseded is the answer of [Options.Rotate] when somebody entered other
// credentials meanwhile.
var ErrSuperseded = errors.New("the credentials were changed by somebody else")

// Options are what a [Keeper] works with. All are required.
type Options struct {
	Egress Egress
	Store  directory.Store
	Keys   *seal.Keyring
	// Open answers a channel, with fresh set as it is in the store right now.
	Open func(ctx context.Context, channel string, fresh bool) (Account, error)
	// Rotate keeps the replaced credentials durably, provided that those
	// stored under these names are still the ones in was, and answers the new
	// revision. ErrSuperseded: they are not.
	Rotate func(ctx context.Context, channel string, was, rotated map[string]connectors.Secret) (revision string, err error)
	// Suspend notes that the channel's credentials are dead.
	Suspend func(ctx context.Context, channel, why string) error
	// Owner names this process in leases.
	Owner  string
	Now    func() time.Time
	Logger *slog.Logger
}

// Keeper carries calls with tokens and signatures. It is safe for concurrent
// use.
type Keeper struct {
	Options
	records directory.Collection[record]
	flights singleflight.Group

	mu   sync.Mutex
	held map[string]held
}

// held is what this process knows of a channel's token.
type held struct {
	revision string
	access   connectors.Secret
	// own is set when there is none: the credentials hold what is needed, for
	// good or until renewAt.
	own     bool
	renewAt time.Time // zero: when it is found stale
	endsAt  time.Time // zero: not said
	// retryAt is when the next one may be asked for, after a failure.
	retryAt time.Time
	failure *Error
	redact  *egress.Redactor
}

// NewKeeper returns a keeper over the given parts.
func NewKeeper(o Options) *Keeper {
	return &Keeper{Options: o, records: directory.NewCollection[record](o.Store, "access_token", nil), held: map[string]held{}}
}

// Do carries a call out as [egress.Client.Do] does, with the channel's token
// and signature on a copy of it. When the answer says that the token is stale
// it gets another and makes the call once more. Its error is an *egress.Error,
// an [*Error] when there was no token, or a trouble of the store; but for the
// first kind nothing was sent.
func (k *Keeper) Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error) {
	return k.carry(ctx, t, call, k.Egress.Do)
}

// Fetch carries a call out as [egress.Client.Fetch] does, and as Do says.
func (k *Keeper) Fetch(ctx context.Context, t egress.Target, call *connectors.Call, limit int64) (*egress.File, *connectors.Response, error) {
	var f *egress.File
	resp, err := k.carry(ctx, t, call, func(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error) {
		if f != nil {
			f.Close() // of an answer that was stale all the same
		}
		var resp *connectors.Response
		var err error
		f, resp, err = k.Egress.Fetch(ctx, t, call, limit)
		return resp, err
	})
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, nil, err
	}
	return f, resp, nil
}

type carrier func(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)

func (k *Keeper) carry(ctx context.Context, t egress.Target, call *connectors.Call, do carrier) (*connectors.Response, error) {
	account, err := k.Open(ctx, t.Channel, false)
	if err != nil {
		return nil, &Error{Outcome: unavailable("the channel cannot be opened: " + err.Error()), cause: err}
	}
	tokened, ok := account.Connector.(connectors.Tokened)
	if !ok {
		if _, signs := account.Connector.(connectors.Signer); signs {
			call = k.sign(account, clone(call))
		}
		return do(ctx, t, call)
	}
	stale := ""
	for {
		token, err := k.access(ctx, t.Channel, account, stale)
		if err != nil {
			return nil, err
		}
		t.Redactor = token.redact
		dressed := clone(call)
		tokened.Authorize(dressed, token.access)
		resp, err := do(ctx, t, k.sign(account, dressed))
		if err != nil {
			return nil, err
		}
		hide(resp, token.access)
		if stale != "" || !account.Connector.Classify(call, resp).StaleToken {
			return resp, nil
		}
		if token.access.Empty() {
			return nil, k.suspend(ctx, t.Channel, "the platform no longer accepts the token of the credentials: enter another one")
		}
		stale = token.access.Reveal()
	}
}

func (k *Keeper) sign(a Account, call *connectors.Call) *connectors.Call {
	if s, ok := a.Connector.(connectors.Signer); ok {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // never fails
		s.Sign(call, k.Now().UTC(), hex.EncodeToString(nonce[:]))
	}
	return call
}

// clone copies what Authorize and Sign may change.
func clone(call *connectors.Call) *connectors.Call {
	out := *call
	if out.Header = call.Header.Clone(); out.Header == nil {
		out.Header = http.Header{}
	}
	out.Body = slices.Clone(call.Body)
	if call.Upload != nil {
		u := *call.Upload
		u.Fields = slices.Clone(u.Fields)
		out.Upload = &u
	}
	return &out
}

// hide takes the token out of an answer that repeats it: connectors copy the
// platform's words into failures, and do not know the token.
func hide(resp *connectors.Response, access connectors.Secret) {
	if len(access.Reveal()) >= 8 {
		resp.Body = bytes.ReplaceAll(resp.Body, []byte(access.Reveal()), []byte("[secret]"))
	}
}

// FetchPublic passes through to the egress: what is not the platform's is told
// nothing.
func (k *Keeper) FetchPublic(ctx context.Context, t egress.Target, address string, limit int64) (*egress.File, error) {
	return k.Egress.FetchPublic(ctx, t, address, limit)
}

// CoolDown passes through to the egress.
func (k *Keeper) CoolDown(channel, peer string, until time.Time) {
	k.Egress.CoolDown(channel, peer, until)
}

// Delay passes through to the egress.
func (k *Keeper) Delay(t egress.Target, call string) time.Duration { return k.Egress.Delay(t, call) }

// Held answers the channels that cannot send for now, those included that
// have no token.
func (k *Keeper) Held() map[string]time.Time {
	out := k.Egress.Held()
	now := k.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	for channel, h := range k.held {
		if h.retryAt.After(now) && !h.good(now, "") && h.retryAt.After(out[channel]) {
			out[channel] = h.retryAt
		}
	}
	return out
}

// Forget drops what is kept for a channel that was deleted.
func (k *Keeper) Forget(ctx context.Context, channel string) error {
	k.mu.Lock()
	delete(k.held, channel)
	k.mu.Unlock()
	if err := k.records.Delete(ctx, channel); !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return nil
}

// good tells whether there is a token to use: not ended, and not the stale one.
func (h held) good(now time.Time, stale string) bool {
	if h.own {
		return stale == ""
	}
	return !h.access.Empty() && h.access.Reveal() != stale && (h.endsAt.IsZero() || now.Before(h.endsAt))
}

// fresh tells whether it is also too early to renew it.
func (h held) fresh(now time.Time, stale string) bool {
	return h.good(now, stale) && (h.renewAt.IsZero() || now.Before(h.renewAt))
}

func (k *Keeper) known(channel, revision string) held {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h := k.held[channel]; h.revision == revision {
		return h
	}
	return held{revision: revision}
}

func (k *Keeper) know(channel string, h held) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held[channel] = h
}

// Run renews the tokens of channels that make no calls of their own, until ctx
// ends. Every process may run it.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := k.sweep(ctx); err != nil && ctx.Err() == nil {
				k.Logger.WarnContext(ctx, "tokens could not be looked through, it will be tried again", "error", err)
			}
		}
	}
}

// sweepEvery is how often tokens are looked through.
const sweepEvery = 5 * time.Minute

func (k *Keeper) sweep(ctx context.Context) error {
	const page = 200
	after := ""
	for {
		list, err := k.records.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, item := range list {
			after = item.ID
			if r := item.Value; r.RenewAt.IsZero() || k.Now().Before(r.RenewAt) {
				continue
			}
			account, err := k.Open(ctx, item.ID, false)
			if err != nil || account.Idle {
				continue // a deleted channel's record goes with Forget
			}
			if _, err := k.access(ctx, item.ID, account, ""); err != nil {
				k.Logger.WarnContext(ctx, "a token could not be renewed", "channel", item.ID, "error", err)
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// redactorOf knows the credentials and the token.
func redactorOf(a Account, access connectors.Secret) *egress.Redactor {
	all := maps.Clone(a.Credentials)
	if all == nil {
		all = map[string]connectors.Secret{}
	}
	if !access.Empty() {
		all[accessField] = access
	}
	var more []string
	if r, ok := a.Connector.(connectors.Redactor); ok {
		more = r.Redactions()
	}
	return egress.NewRedactor(all, more...)
}
