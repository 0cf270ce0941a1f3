package workers_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/callout"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/rulebook"
	"threadhub/internal/seal"
	"threadhub/threads"
	"threadhub/threads/rules"
	"threadhub/workers"
)

// receiver is a webhook that rules call.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []*http.Request
	bodies []string
	answer int
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{answer: http.StatusNoContent}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls, r.bodies = append(r.calls, req), append(r.bodies, string(body))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(r.answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = status
}

func (r *receiver) heard() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// governed is a bench with triggers and automations.
func governed(t *testing.T, settled time.Duration) (*bench, *workers.Rules, *rulebook.Registry) {
	t.Helper()
	b := newBench(t)
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	yes := func() (bool, error) { return true, nil }
	book := rulebook.NewRegistry(rulebook.Options{
		Store: b.store, Keys: keys, Now: b.clock, CheckURL: b.carrier.CheckURL,
		ChannelExists:  func(context.Context, threads.ChannelID) (bool, error) { return yes() },
		ScheduleExists: func(context.Context, string) (bool, error) { return yes() },
		AgentExists:    func(context.Context, threads.AgentID) (bool, error) { return yes() },
		GroupExists:    func(context.Context, threads.GroupID) (bool, error) { return yes() },
	})
	b.service.Rules = book
	return b, &workers.Rules{
		Threads: b.service, Store: b.store, Records: b.store, Book: book, Journal: b.store.Journal(), Carrier: b.carrier,
		Settled: settled, Now: b.clock, Logger: slog.New(slog.DiscardHandler),
	}, book
}

func write(t *testing.T, book *rulebook.Registry, r rules.Rule) rulebook.Rule {
	t.Helper()
	r.Enabled = true
	rule, err := book.Create(context.Background(), rulebook.Draft{Rule: r})
	require.NoError(t, err)
	return rule
}

// hooked is a trigger that calls the address for every message.
func hooked(url string) rules.Rule {
	return rules.Rule{
		Name: "tell", Kind: rules.Trigger, On: []rules.Event{rules.MessageReceived}, Actions: []rules.Action{{Type: rules.CallWebhook, URL: url}},
	}
}

// customer lets the contact write and answers the conversation.
func (b *bench) customer(text string) threads.Conversation {
	b.t.Helper()
	b.webhook(b.event("ana", text))
	b.work()
	return b.only()
}

// only is the one conversation there is.
func (b *bench) only() threads.Conversation {
	b.t.Helper()
	list, _, err := b.store.Conversations(context.Background(), threads.Filter{}, threads.Page{Limit: 2})
	require.NoError(b.t, err)
	require.Len(b.t, list, 1)
	return list[0]
}

func (b *bench) run(of threads.Conversation) threads.RuleRun {
	b.t.Helper()
	list, _, err := b.store.RuleRuns(context.Background(), threads.RuleRunFilter{Conversation: of.ID}, threads.Page{})
	require.NoError(b.t, err)
	require.NotEmpty(b.t, list)
	return list[0]
}

func TestAWebhookIsCalledSignedAndOnce(t *testing.T) {
	b, work, book := governed(t, 0)
	r := newReceiver(t)
	rule := write(t, book, hooked(r.URL))
	conv := b.customer("hi")
	require.Zero(t, r.heard(), "not within the commit")
	require.NoError(t, work.DrainCalls(context.Background()))
	require.NoError(t, work.DrainCalls(context.Background()))
	require.Equal(t, 1, r.heard())
	req, body := r.calls[0], r.bodies[0]
	require.Equal(t, []string{"POST", "application/json", string(b.run(conv).ID)}, []string{req.Method, req.Header.Get("Content-Type"), req.Header.Get("Webhook-Id")})
	key, err := callout.SecretKey(rule.Secrets[r.URL])
	require.NoError(t, err)
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, req.Header.Get("Webhook-Id")+"."+req.Header.Get("Webhook-Timestamp")+"."+body)
	require.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), req.Header.Get("Webhook-Signature"))
	require.Equal(t, fmt.Sprint(b.clock().Unix()), req.Header.Get("Webhook-Timestamp"))
	var news map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &news))
	require.Equal(t, "rule.fired", news["type"])
	call := b.run(conv).Calls[0]
	require.Equal(t, threads.RuleCall{URL: r.URL, State: threads.RuleCallDone, Attempts: 1, Status: 204}, call)
}

func TestAWebhookThatFailsIsCalledAgainAndGivenUp(t *testing.T) {
	b, work, book := governed(t, 0)
	r := newReceiver(t)
	write(t, book, hooked(r.URL))
	r.answers(http.StatusFound)
	conv := b.customer("hi")
	require.NoError(t, work.DrainCalls(context.Background()))
	call := b.run(conv).Calls[0]
	require.Equal(t, threads.RuleCallPending, call.State, "a redirect is not followed")
	require.Equal(t, 302, call.Status)
	require.Equal(t, b.clock().Add(5*time.Second), call.NextAt)
	require.NoError(t, work.DrainCalls(context.Background()))
	require.Equal(t, 1, r.heard(), "not before its time")
	for n := 2; b.run(conv).Calls[0].State == threads.RuleCallPending; n++ {
		require.LessOrEqual(t, n, 10)
		b.wait(8 * time.Hour)
		require.NoError(t, work.DrainCalls(context.Background()))
		require.Equal(t, n, r.heard())
	}
	call = b.run(conv).Calls[0]
	require.Equal(t, []any{threads.RuleCallFailed, 10}, []any{call.State, call.Attempts})
	require.Contains(t, call.Error, "302")
	ids := map[string]bool{}
	for _, req := range r.calls {
		ids[req.Header.Get("Webhook-Id")] = true
	}
	require.Len(t, ids, 1, "the receiver knows a repetition by its id")
}

func TestSomeFailuresAreForGood(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, r *receiver, book *rulebook.Registry, work *workers.Rules, rule rulebook.Rule)
		why     string
		heard   int
	}{
		"the receiver wants no more": {func(_ *testing.T, r *receiver, _ *rulebook.Registry, _ *workers.Rules, _ rulebook.Rule) {
			r.answers(http.StatusGone)
		}, "410", 1},
		"the rule was deleted": {func(t *testing.T, _ *receiver, book *rulebook.Registry, _ *workers.Rules, rule rulebook.Rule) {
			require.NoError(t, book.Delete(context.Background(), rule.ID))
		}, "gone", 0},
		"the address came to mean a private one": {func(t *testing.T, _ *receiver, _ *rulebook.Registry, work *workers.Rules, _ rulebook.Rule) {
			guarded, err := egress.New(egress.Options{})
			require.NoError(t, err)
			t.Cleanup(guarded.Close)
			work.Carrier = guarded
		}, "private", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b, work, book := governed(t, 0)
			r := newReceiver(t)
			rule := write(t, book, hooked(r.URL))
			conv := b.customer("hi")
			c.prepare(t, r, book, work, rule)
			require.NoError(t, work.DrainCalls(context.Background()))
			call := b.run(conv).Calls[0]
			require.Equal(t, threads.RuleCallFailed, call.State, call.Error)
			require.Contains(t, call.Error, c.why)
			require.Equal(t, c.heard, r.heard())
			require.NotContains(t, call.Error, strings.TrimPrefix(rule.Secrets[r.URL], "whsec_"))
		})
	}
}

func TestACallWhoseProcessDiedIsMadeByAnother(t *testing.T) {
	b, work, book := governed(t, 0)
	r := newReceiver(t)
	write(t, book, hooked(r.URL))
	conv := b.customer("hi")
	run := b.run(conv)
	run.Version, run.CallAt = 2, b.clock().Add(20*time.Second) // taken by one that is gone
	require.NoError(t, b.store.SaveRuleRun(context.Background(), run))
	require.NoError(t, work.DrainCalls(context.Background()))
	require.Zero(t, r.heard())
	b.wait(20 * time.Second)
	require.NoError(t, work.DrainCalls(context.Background()))
	require.Equal(t, 1, r.heard())
}

func TestTwoProcessesCallOnce(t *testing.T) {
	b, one, book := governed(t, 0)
	r := newReceiver(t)
	write(t, book, hooked(r.URL))
	for range 10 {
		b.customer("hi")
	}
	two := &workers.Rules{Threads: one.Threads, Store: b.store, Records: b.store, Book: book, Journal: b.store.Journal(), Carrier: b.carrier, Now: b.clock, Logger: one.Logger}
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, w := range []*workers.Rules{one, two} {
		both.Go(func() { errs[i] = w.DrainCalls(context.Background()) })
	}
	both.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.Equal(t, 10, r.heard())
}

func waiting(d string) rules.Rule {
	return rules.Rule{
		Name: "waits", Kind: rules.Automation, All: []rules.Condition{{Field: rules.InStatus, Op: rules.AtLeast, Values: []string{d}}},
		Actions: []rules.Action{{Type: rules.AddTags, Tags: []string{"waited"}}},
	}
}

func TestAutomationsActWhenTheirTimeComes(t *testing.T) {
	b, work, book := governed(t, 0)
	write(t, book, waiting("1m"))
	b.customer("hi")
	require.NoError(t, work.Drain(context.Background()))
	require.Empty(t, b.only().Tags)
	b.wait(time.Minute)
	require.NoError(t, work.Drain(context.Background()))
	require.Equal(t, []string{"waited"}, b.only().Tags)
}

func TestAWebhookThatWaitsGoesBeforeAnAutomation(t *testing.T) {
	b, work, book := governed(t, 0)
	write(t, book, waiting("1m"))
	b.customer("hi")
	b.webhook(b.event("ana", "again"))
	b.wait(5 * time.Minute)
	require.NoError(t, work.Drain(context.Background()))
	require.Empty(t, b.only().Tags, "it was accepted before the minute was over")
	b.wait(3 * time.Minute)
	require.NoError(t, work.Drain(context.Background()))
	require.Equal(t, []string{"waited"}, b.only().Tags, "but a backlog that does not shrink holds nothing up for ever")
}

func TestConversationsFromBeforeARuleAreFoundOnceItIsKnownEverywhere(t *testing.T) {
	b, work, book := governed(t, 6*time.Second)
	b.customer("hi")
	b.wait(time.Hour)
	require.NoError(t, work.Drain(context.Background()))
	_, err := b.store.Get(context.Background(), "rule_pass", "list")
	require.ErrorIs(t, err, directory.ErrNotFound, "a hub without rules keeps no record of them")
	rule := write(t, book, waiting("1m"))
	require.NoError(t, work.Drain(context.Background()))
	b.wait(6 * time.Second)
	require.NoError(t, work.Drain(context.Background()), "works the alarms out")
	require.NoError(t, work.Drain(context.Background()))
	require.Equal(t, []string{"waited"}, b.only().Tags)

	_, err = book.Update(context.Background(), rule.ID, rulebook.Change{Enabled: new(false)})
	require.NoError(t, err)
	b.wait(6 * time.Second)
	require.NoError(t, work.Drain(context.Background()))
	pass := directory.NewCollection[threads.RulePass](b.store, "rule_pass", nil)
	item, err := pass.Get(context.Background(), "list")
	require.NoError(t, err)
	require.Equal(t, threads.RulePass{Revision: 2, Done: true}, item.Value)
}
