package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/directory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a log over a store in memory, on a clock that moves with every look.
type desk struct {
	*Store
	inner *directory.Memory
	at    time.Time
}

func newDesk() *desk {
	d := &desk{inner: &directory.Memory{}, at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	d.Store = NewStore(d.inner, func() time.Time { d.at = d.at.Add(time.Second); return d.at }, slog.New(slog.DiscardHandler))
	return d
}

// by starts a request of somebody.
func by(id, action string) context.Context {
	return With(context.Background(), NewTrail(Entry{Actor: Actor{Type: ActorToken, ID: id}, Action: action, Address: "192.0.2.1"}))
}

func doc(kind, id string, version int64, body string) directory.Document {
	return directory.Document{Kind: kind, ID: id, Version: version, Body: []byte(body)}
}

func (d *desk) lines(t *testing.T) []Entry {
	t.Helper()
	list, next, err := d.Entries(context.Background(), Filter{}, "", 100)
	require.NoError(t, err)
	require.Empty(t, next)
	return list
}

func TestAChangeIsLoggedWithWhatDiffers(t *testing.T) {
	d := newDesk()
	require.NoError(t, d.Put(by("tok_1", "createGroup"), doc("group", "gr_1", 1, `{"name":"a","size":1,"updated_at":"x"}`)))
	require.NoError(t, d.Put(by("tok_2", "updateGroup"), doc("group", "gr_1", 2, `{"name":"b","size":1,"updated_at":"y","tags":["t"]}`)))
	require.NoError(t, d.Delete(by("tok_3", "deleteGroup"), "group", "gr_1"))
	lines := d.lines(t)
	require.Len(t, lines, 3)
	require.Equal(t, []string{"deleteGroup", "updateGroup", "createGroup"}, []string{lines[0].Action, lines[1].Action, lines[2].Action}, "the newest first")
	require.Equal(t, []Change{{
		Kind: "group", ID: "gr_1", Verb: Updated, Made: true,
		Before: map[string]any{"name": "a"}, After: map[string]any{"name": "b", "tags": []any{"t"}},
	}}, lines[1].Changes)
	require.Equal(t, Deleted, lines[0].Changes[0].Verb)
	require.Equal(t, "b", lines[0].Changes[0].Before["name"])
	require.Equal(t, Actor{Type: ActorToken, ID: "tok_2"}, lines[1].Actor)
	require.Equal(t, "192.0.2.1", lines[1].Address)
	require.Equal(t, Done, lines[1].Outcome())
}

func TestWhatTheHubDoesByItselfIsNotLogged(t *testing.T) {
	d := newDesk()
	require.NoError(t, d.Put(context.Background(), doc("group", "gr_1", 1, `{}`)))
	require.NoError(t, d.Put(by("tok_1", "x"), doc("stream", "ch_1", 1, `{"owner":"hub"}`)))
	require.NoError(t, d.Put(by("tok_1", "x"), doc("agent", "ag_1", 1, `{"name":"a"}`)))
	require.NoError(t, d.Put(by("tok_1", "x"), doc("agent", "ag_1", 2, `{"name":"a","availability":"online","updated_at":"now"}`)))
	require.NoError(t, d.Delete(context.Background(), "group", "gr_1"))
	require.Len(t, d.lines(t), 1)
}

func TestSecretsAreNotLogged(t *testing.T) {
	d := newDesk()
	const canary = "canary-4711"
	body := func(value string) string {
		return fmt.Sprintf(`{"name":"n","hash":%q,"credentials":{"bot_token":%q,"app_secret":"same-`+canary+`"},"secrets":{"https://x":%q},
			"nested":{"deep":[{"password":%q}]},"sealed":"v1.abcd.`+canary+`","token":12,"url":"https://crm.example/hook?key=`+canary+`","odd":"https://me:`+canary+`@crm.example/"}`, value, value, value, value)
	}
	require.NoError(t, d.Put(by("tok_1", "create"), doc("channel", "ch_1", 1, body(canary+"-1"))))
	require.NoError(t, d.Put(by("tok_1", "update"), doc("channel", "ch_1", 2, body(canary+"-2"))))
	require.NoError(t, d.Put(by("tok_1", "odd"), doc("odd", "o_1", 1, `"`+canary)))
	require.NoError(t, d.Delete(by("tok_1", "delete"), "channel", "ch_1"))
	lines := d.lines(t)
	require.Len(t, lines, 4)
	text, err := json.Marshal(lines)
	require.NoError(t, err)
	require.NotContains(t, string(text), canary)
	require.Equal(t, map[string]any{"bot_token": hiddenChanged, "app_secret": hidden}, lines[2].Changes[0].After["credentials"])
	require.Equal(t, hiddenChanged, lines[2].Changes[0].After["hash"])
	require.NotContains(t, lines[2].Changes[0].After, "name")
	require.Equal(t, "https://crm.example/hook?(hidden)", lines[3].Changes[0].After["url"])
}

// broken fails where the test says.
type broken struct {
	*directory.Memory
	put func(directory.Document) error
}

func (b broken) Put(ctx context.Context, d directory.Document) error {
	if err := b.put(d); err != nil {
		return err
	}
	return b.Memory.Put(ctx, d)
}

func TestNoChangeIsMadeWithoutItsLine(t *testing.T) {
	away := errors.New("away")
	store := broken{&directory.Memory{}, func(d directory.Document) error {
		if d.Kind == kind {
			return away
		}
		return nil
	}}
	s := NewStore(store, time.Now, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, s.Put(by("tok_1", "x"), doc("group", "gr_1", 1, `{"name":"a"}`)), away)
	_, err := store.Get(context.Background(), "group", "gr_1")
	require.ErrorIs(t, err, directory.ErrNotFound)
}

func TestAChangeThatWasCutOffHasAnUnknownOutcome(t *testing.T) {
	away := errors.New("the line broke")
	store := broken{&directory.Memory{}, func(d directory.Document) error {
		if d.Kind == "group" {
			return away
		}
		return nil
	}}
	s := NewStore(store, time.Now, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, s.Put(by("tok_1", "x"), doc("group", "gr_1", 1, `{"name":"a"}`)), away)
	lines, _, err := s.Entries(context.Background(), Filter{}, "", 10)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, Unknown, lines[0].Outcome())
}

func TestWhatWasRefusedLeavesNoLine(t *testing.T) {
	d := newDesk()
	require.NoError(t, d.Put(context.Background(), doc("group", "gr_1", 1, `{"name":"a"}`)))
	require.ErrorIs(t, d.Put(by("tok_1", "x"), doc("group", "gr_1", 1, `{"name":"b"}`)), directory.ErrConflict)
	require.ErrorIs(t, d.Delete(by("tok_1", "x"), "group", "gr_2"), directory.ErrNotFound)
	require.Empty(t, d.lines(t))

	ctx := by("tok_1", "several")
	require.NoError(t, d.Put(ctx, doc("group", "gr_2", 1, `{"name":"b"}`)))
	require.ErrorIs(t, d.Put(ctx, doc("group", "gr_1", 5, `{"name":"c"}`)), directory.ErrConflict)
	require.NoError(t, d.Put(ctx, doc("group", "gr_1", 2, `{"name":"c"}`)))
	lines := d.lines(t)
	require.Len(t, lines, 1, "one request, one line")
	require.Len(t, lines[0].Changes, 2)
	require.Equal(t, Done, lines[0].Outcome())
}

func TestWhatChangedNoRecordIsNoted(t *testing.T) {
	d := newDesk()
	ctx := by("tok_1", "checkChannel")
	require.NoError(t, d.Note(ctx, Of(ctx)))
	require.NoError(t, d.Note(ctx, Of(ctx)))
	require.Len(t, d.lines(t), 1)
}

func TestTheLogIsReadByPagesAndFilters(t *testing.T) {
	d := newDesk()
	began := d.at
	for i := range 500 {
		actor := fmt.Sprint("tok_", i%5)
		require.NoError(t, d.Put(by(actor, "createGroup"), doc("group", fmt.Sprint("gr_", i), 1, `{"name":"a"}`)))
	}
	read := func(f Filter, limit int) (all []Entry) {
		after := ""
		for {
			list, next, err := d.Entries(context.Background(), f, after, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list), limit)
			all = append(all, list...)
			if after = next; next == "" {
				return all
			}
		}
	}
	require.Len(t, read(Filter{}, 7), 500)
	mine := read(Filter{Actor: "tok_3"}, 30)
	require.Len(t, mine, 100)
	require.Equal(t, "gr_498", mine[0].Changes[0].ID)
	require.Len(t, read(Filter{Kind: "group", ID: "gr_7"}, 10), 1)
	require.Empty(t, read(Filter{Kind: "channel"}, 10))
	require.Empty(t, read(Filter{Action: "deleteGroup"}, 10))
	all := read(Filter{}, 100)
	middle := all[250].At
	require.Len(t, read(Filter{From: middle}, 100), 251)
	require.Len(t, read(Filter{To: middle}, 100), 249, "before it")
	require.Len(t, read(Filter{From: began, To: d.at.Add(time.Hour)}, 100), 500)

	n, err := d.Trim(context.Background(), middle, 1000)
	require.NoError(t, err)
	require.Equal(t, 249, n)
	require.Len(t, read(Filter{}, 100), 251)
}

func TestASignInIsOnTheAccountOfWhoSignedIn(t *testing.T) {
	d := newDesk()
	ctx := With(context.Background(), NewTrail(Entry{Actor: Actor{Type: ActorVisitor}, Action: "signIn"}))
	require.NoError(t, d.Put(ctx, doc("session", "ag_1.se_1", 1, `{"agent_id":"ag_1","hash":"x"}`)))
	list, _, err := d.Entries(context.Background(), Filter{Actor: "ag_1"}, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
}
