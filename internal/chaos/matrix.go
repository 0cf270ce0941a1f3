package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"threadhub/internal/crashpoint"
)

// Case is a hub that dies at a point while the platforms have a fault.
type Case struct {
	Fault Fault
	At    crashpoint.Point
	Nth   int
}

// Cases are all combinations of the platforms' faults and the points on the way
// of a reply, on a pair; each with the first and the second coming.
func Cases(pair Pair) (all []Case) {
	points, mongo := crashpoint.Outbound()
	if pair == Shared {
		points = append(points, mongo...)
	}
	for _, f := range Faults() {
		for _, at := range points {
			for nth := 1; nth <= 2; nth++ {
				all = append(all, Case{f, at, nth})
			}
		}
	}
	return all
}

// Some are a few of the cases, chosen by a seed: those given, and so many others,
// none of which has the hub wait for a platform that hangs.
func Some(seed uint64, pair Pair, others int, given ...Case) []Case {
	rnd := rand.New(rand.NewPCG(seed, 3))
	all := slices.DeleteFunc(Cases(pair), func(c Case) bool { return c.Fault == Hang || c.Fault == Drip || slices.Contains(given, c) })
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	some := append(given, all[:min(others, len(all))]...)
	slices.SortStableFunc(some, func(a, b Case) int { return strings.Compare(string(a.Fault), string(b.Fault)) })
	return some
}

// matrix is a stub platform with faults and a hub that dies on its way to it.
type matrix struct {
	*Stack
	traffic *Traffic
	died    int
}

// Matrix has the hub of a stack die in every case, with replies to a contact of
// each platform under way: a short one, one that leaves in two parts and another
// short one. Each has to be at the platform exactly once, or be unknown.
func Matrix(ctx context.Context, s *Stack, seed uint64, cases []Case, drained time.Duration) (Result, error) {
	x := &matrix{Stack: s}
	res := Result{Name: "faults × points, " + string(s.Pair), Seed: seed}
	if err := x.prepare(ctx, seed); err != nil {
		return res, err
	}
	began := time.Now()
	for i, c := range cases {
		if err := x.one(ctx, i, c); err != nil {
			return res, fmt.Errorf("%s, %s:%d: %w", c.Fault, c.At, c.Nth, err)
		}
		if i+1 < len(cases) && cases[i+1].Fault == c.Fault {
			continue
		}
		// All with a fault are through before the next comes.
		books, wrong, took, err := x.traffic.Reconcile(ctx, drained+c.Fault.holds())
		if err != nil {
			return res, err
		}
		res.Drained = max(res.Drained, took)
		res.Summary = x.traffic.Summary(books)
		if wrong += x.traffic.Faults(); wrong != "" {
			res.Wrong = fmt.Sprintf("\nwith the fault %q:%s", c.Fault, wrong)
			x.Log("%s", x.Tails(20))
			break
		}
		x.Log("%s: %d cases in %s", c.Fault, i+1, time.Since(began).Round(time.Second))
	}
	res.Kills = x.died
	res.Summary = fmt.Sprintf("%d cases, %d of them died at their point; %s", len(cases), x.died, res.Summary)
	if x.died == 0 {
		res.Wrong += "\nno process came to its point"
	}
	return res, s.Stop()
}

func (x *matrix) prepare(ctx context.Context, seed uint64) (err error) {
	if err := x.Start(ctx, 0); err != nil {
		return err
	}
	x.traffic, err = NewTraffic(ctx, Plan{
		Hub: x.Hub, Platform: x.Platform, Subscriber: x.Subscriber, Kinds: Kinds(), Seed: seed, Contacts: 1_000_000,
		API: func(k Kind) string { return "http://" + x.Platforms[k].Addr() },
	})
	if err != nil {
		return err
	}
	x.traffic.Report()
	return x.subscribe(ctx)
}

// one is a case.
func (x *matrix) one(ctx context.Context, n int, c Case) error {
	x.Platform.Script(Faultless, 0)
	conversations, err := x.contacts(ctx)
	if err != nil {
		return err
	}
	x.Platform.Script(Always(c.Fault), 0)
	x.Kill(0)
	died, err := x.CrashAt(ctx, 0, c.At, c.Nth, 4*time.Second, func(*Process) {
		for k, conversation := range conversations {
			for m, text := range texts(fmt.Sprintf("m%d.%d", n, k)) {
				x.traffic.running.Go(func() {
					<-time.After(time.Duration(m) * 20 * time.Millisecond) // in this order
					x.traffic.Reply(conversation, text)
				})
			}
		}
	})
	if err != nil {
		return err
	}
	if died {
		x.died++
	}
	if err := x.Start(ctx, 0); err != nil {
		return err
	}
	x.traffic.running.Wait()
	return nil
}

// holds is how much longer a contact's messages may take with the fault. A call
// that hangs takes 20 s, and they wait for one another; and calls that fail open
// a breaker, which lets a single one try after 10 s: each message's first fails.
func (f Fault) holds() time.Duration {
	switch f {
	case Hang, Drip, ServerError, Reset, Garbage:
		return 80 * time.Second
	}
	return 0
}

// texts are what is sent to a contact. The second is too long for one message of
// any of the platforms.
func texts(name string) []string {
	var long strings.Builder
	for i := range 600 {
		fmt.Fprintf(&long, "%s.long%03d ", name, i)
	}
	return []string{name + ".first", strings.TrimSpace(long.String()), name + ".last"}
}

// contacts has a new contact write on each platform, and answers their
// conversations.
func (x *matrix) contacts(ctx context.Context) (ids []string, err error) {
	for _, kind := range Kinds() {
		w := x.traffic.From(kind)
		x.traffic.Deliver(w)
		var id string
		err = Eventually(ctx, "a conversation with who wrote", func() bool {
			id = x.with(ctx, w.Letters[0])
			return id != ""
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// with is the conversation with who wrote a letter a moment ago; "" for none.
func (x *matrix) with(ctx context.Context, l Letter) string {
	status, raw, err := x.Hub.Do(ctx, http.MethodGet, "/v1/conversations?channel_id="+l.Channel, Bearer(x.Hub.Token), nil)
	if err != nil || status != http.StatusOK {
		return ""
	}
	for _, c := range decodeList[Conversation](raw) {
		if c.Contact.ExternalID == l.Contact {
			return c.ID
		}
	}
	return ""
}
