package simulate

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/all"
	"threadhub/normalize"
)

const webhookAddress = "http://hub/webhooks/ch_1"

// asReceived is a webhook as a hub hands it to its connector.
func asReceived(t *testing.T, hook Webhook, at time.Time) *connectors.Request {
	t.Helper()
	r, err := hook.Request(t.Context(), webhookAddress, at)
	require.NoError(t, err)
	return &connectors.Request{Method: r.Method, URL: r.URL.String(), Query: r.URL.Query(), Header: r.Header, Body: hook.Body}
}

// has are the acts that each platform has, as it posts them. Discord's others
// go over its Gateway, and the web chat's over the hub's own API.
func has() map[string]string {
	return map[string]string{
		kindTelegram: "say photo place press edit react", kindWhatsApp: "say photo place press edit react sent delivered read",
		kindMessenger: "say photo place press edit react delivered read", kindInstagram: "say photo press edit react read",
		kindLINE: "say photo place press", kindViber: "say photo place press delivered read", kindTwilio: "say photo sent delivered",
		kindTwilioWhatsApp: "say photo place press sent delivered read", kindSlack: "say photo press edit react",
		kindDiscord: "press", kindWeChat: "say photo place press", kindZalo: "say photo place press react delivered read",
		kindVK: "say photo place press edit react read", kindX: "say photo place read", kindTikTok: "say photo press read",
		kindRCS: "say photo place press delivered read", kindWebchat: "", kindCustom: "say photo place press edit react sent delivered read",
	}
}

func TestTheRealConnectorsUnderstandEveryAct(t *testing.T) {
	at := time.Date(2026, 10, 1, 9, 30, 0, 0, time.UTC)
	require.ElementsMatch(t, Kinds(), slices.Collect(maps.Keys(has())))
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			p := openPlatform(t, kind)
			c := opened(t, p)
			for _, who := range Cast()[:9] {
				var got []string
				_, target, _ := p.Webhook(Act{Kind: Say, By: who, At: at, Text: "first"})
				if target == "" {
					target = "1482308780023611397"
				}
				for _, act := range []Act{
					{Kind: Say, Text: "Grüß Gott 👋 <b>&amp; " + who.Name()},
					{Kind: Photo, Text: "look"},
					{Kind: Place, Text: "home", Latitude: 1.5, Longitude: -2.25},
					{Kind: Press, Target: target, Button: pressable(t, p, c, who)},
					{Kind: Edit, Target: target, Written: at, Text: "better"},
					{Kind: React, Target: target, Text: "👍"},
					{Kind: Receipt, Target: target, Status: "sent", Ref: "msg_1"},
					{Kind: Receipt, Target: target, Status: "delivered", Ref: "msg_1"},
					{Kind: Receipt, Target: target, Status: "read", Ref: "msg_1"},
				} {
					act.By, act.At = who, at
					hook, id, ok := p.Webhook(act)
					if !ok {
						continue
					}
					name := string(act.Kind)
					if act.Kind == Receipt {
						name = act.Status
					}
					got = append(got, name)
					req := asReceived(t, hook, at)
					require.NoError(t, c.Verify(req, at), name)
					events, err := c.Parse(req)
					require.NoError(t, err, name)
					understood(t, act, id, events, hook.Body)

					forged := asReceived(t, hook, at)
					forged.Header, forged.Query = http.Header{}, url.Values{}
					if kind != kindVK { // whose proof is in the body
						require.ErrorIs(t, c.Verify(forged, at), connectors.ErrSignature)
					}
				}
				require.Equal(t, has()[kind], strings.Join(got, " "))
			}
		})
	}
}

// understood holds what became of an act to what it was.
func understood(t *testing.T, act Act, id string, events []normalize.Event, body []byte) {
	t.Helper()
	require.NotEmpty(t, events, "%s", body)
	ev := events[0]
	want := map[ActKind]normalize.EventType{Edit: normalize.EventEdit, React: normalize.EventReaction, Receipt: normalize.EventReceipt}[act.Kind]
	if want == "" {
		want = normalize.EventMessage
	}
	require.Equal(t, want, ev.Type, "%s", body)
	switch act.Kind {
	case Say:
		require.Equal(t, normalize.TypeText, ev.Message.Type)
		require.Equal(t, act.Text, ev.Message.Text)
		require.True(t, strings.HasSuffix(string(ev.Message.ID), id), "%s is not %s", ev.Message.ID, id)
		require.NotEmpty(t, ev.Peer.ID)
		require.Contains(t, []string{"", act.By.Name()}, ev.Peer.Name)
		if !ev.At.IsZero() { // Twilio tells no time
			require.WithinDuration(t, act.At, ev.At, time.Second)
		}
	case Photo:
		require.Equal(t, normalize.TypeImage, ev.Message.Type, "%s", body)
		require.Len(t, ev.Message.Attachments, 1)
	case Place:
		require.Equal(t, normalize.TypeLocation, ev.Message.Type, "%s", body)
		require.InDelta(t, 1.5, ev.Message.Location.Latitude, 0)
		require.InDelta(t, -2.25, ev.Message.Location.Longitude, 0)
	case Press:
		require.NotNil(t, ev.Message.Reply, "%s", body)
		require.Equal(t, "y:1", ev.Message.Reply.ID)
	case Edit:
		require.True(t, strings.HasSuffix(string(ev.Edit.Target), act.Target))
		require.Equal(t, "better", ev.Edit.Message.Text)
	case React:
		require.True(t, strings.HasSuffix(string(ev.Reaction.Target), act.Target))
		require.Equal(t, "👍", ev.Reaction.Emoji)
	case Receipt:
		require.Equal(t, act.Status, string(ev.Receipt.Status))
	}
}

// sendable is a message to whoever wrote the events.
func sendable(t *testing.T, p Platform, c *plugged, who Customer) *normalize.Outbound {
	t.Helper()
	out := &normalize.Outbound{ID: fmt.Sprintf("msg_%d", who.Index), Now: time.Now(), Parts: []normalize.Message{{
		Type: normalize.TypeText, Text: "Which?", Buttons: []normalize.Button{{ID: "y:1", Title: "Yes"}},
	}}}
	act := Act{Kind: Say, By: who, At: time.Now(), Text: "hi"}
	hook, _, ok := p.Webhook(act)
	if !ok { // over a connection
		d, isDiscord := p.(*discord)
		require.True(t, isDiscord)
		out.To = normalize.Peer{ID: normalize.PeerID(d.Person(who))}
		return out
	}
	events, err := c.Parse(asReceived(t, hook, act.At))
	require.NoError(t, err)
	out.To, out.LastInbound, out.Context = events[0].Peer, events[0].Message.ID, events[0].Message.Context
	kind, _ := all.Kinds().Lookup(p.Account().Kind)
	caps := kind.Caps
	if capable, ok := c.Connector.(connectors.Capable); ok {
		caps = capable.Capabilities()
	}
	if caps.Buttons == nil {
		out.Parts[0].Buttons = nil
	}
	return out
}

// sendAll makes the calls of a message and answers what reached the customer.
func sendAll(t *testing.T, p Platform, c *plugged, out *normalize.Outbound) (shown []Sent, ids []normalize.PlatformID) {
	t.Helper()
	var done []normalize.Exchange
	for range 6 {
		call, err := c.Next(out, done)
		require.NoError(t, err)
		if call == nil {
			return shown, ids
		}
		answer := carry(t, c, call)
		verdict := c.Classify(call, &connectors.Response{Status: answer.Status, Body: answer.Body})
		require.Equal(t, connectors.Done, verdict.Verdict, "%s: %s", call.Name, answer.Body)
		done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part, IDs: verdict.IDs, Data: verdict.Data})
		shown, ids = append(shown, answer.Sent...), append(ids, verdict.IDs...)
	}
	require.Fail(t, "a message that never ends")
	return nil, nil
}

// pressable is a button that the customer was shown.
func pressable(t *testing.T, p Platform, c *plugged, who Customer) Button {
	t.Helper()
	if p.Account().Own != "" {
		return Button{}
	}
	shown, _ := sendAll(t, p, c, sendable(t, p, c, who))
	for _, s := range shown {
		if len(s.Buttons) > 0 {
			return s.Buttons[0]
		}
	}
	return Button{"y:1", "Yes"}
}

func TestTheRealConnectorsSendToTheSimulator(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			p := openPlatform(t, kind)
			if p.Account().Own != "" {
				return // nobody is called
			}
			c := opened(t, p)
			for _, who := range Cast()[:9] {
				out := sendable(t, p, c, who)
				shown, ids := sendAll(t, p, c, out)
				require.Len(t, shown, 1)
				require.Equal(t, kind, shown[0].Kind)
				require.Equal(t, who.Index, shown[0].Customer, "the reply finds its customer")
				require.Equal(t, "Which?", shown[0].Text)
				if out.Parts[0].Buttons != nil {
					require.Len(t, shown[0].Buttons, 1)
					require.Equal(t, "Yes", shown[0].Buttons[0].Title)
				}
				if kind != kindWeChat { // which tells no ids
					require.Len(t, ids, 1)
					require.True(t, strings.HasSuffix(string(ids[0]), shown[0].ID), "%s is not %s", ids[0], shown[0].ID)
				}
			}
		})
	}
}

func TestTheRealConnectorsFindTheirChannelsInOrder(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			p := openPlatform(t, kind)
			c := opened(t, p)
			if check, ok := c.Connector.(connectors.Checker); ok {
				call := check.Check()
				answer := carry(t, c, call)
				require.Equal(t, connectors.Done, c.Classify(call, &connectors.Response{Status: answer.Status, Body: answer.Body}).Verdict, "%s", answer.Body)
			}
			if profiler, ok := c.Connector.(connectors.Profiler); ok && p.Account().Own == "" {
				out := sendable(t, p, c, Cast()[3])
				if call := profiler.Profile(out.To.ID); call != nil {
					answer := carry(t, c, call)
					peer, err := profiler.ReadProfile(&connectors.Response{Status: answer.Status, Body: answer.Body})
					require.NoError(t, err)
					require.Equal(t, Cast()[3].Name(), peer.Name)
				}
			}
			if subscriber, ok := c.Connector.(connectors.Subscriber); ok {
				calls, err := subscriber.Subscribe("https://hub.example/webhooks/ch_1")
				if kind == kindTwilioWhatsApp { // a sender's address is entered by hand
					require.Error(t, err)
					return
				}
				require.NoError(t, err)
				for _, call := range calls {
					answer := carry(t, c, call)
					require.Equal(t, connectors.Done, c.Classify(call, &connectors.Response{Status: answer.Status, Body: answer.Body}).Verdict, "%s: %s", call.Name, answer.Body)
				}
			}
		})
	}
}

func TestTheRealConnectorsProveTheirAddresses(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			p := openPlatform(t, kind)
			asks, ok := p.(Handshaker)
			if !ok {
				require.Contains(t, []string{kindTelegram, kindTwilio, kindTwilioWhatsApp, kindTikTok, kindWebchat}, kind)
				return
			}
			c := opened(t, p)
			ask, right := asks.Handshake()
			req := asReceived(t, ask, time.Now())
			reply, handled := connectors.Reply{Status: http.StatusOK}, false
			if h, ok := c.Connector.(connectors.Handshaker); ok {
				if answer, ok := h.Handshake(req); ok {
					reply, handled = answer, true
				}
			}
			if !handled { // a webhook like any other
				require.NoError(t, c.Verify(req, time.Now()))
			}
			require.True(t, right(reply.Status, reply.Body), "%s", reply.Body)
			require.False(t, right(http.StatusForbidden, nil))
		})
	}
}

func TestTheRealConnectorsFetchAPhoto(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			p := openPlatform(t, kind)
			hook, _, ok := p.Webhook(Act{Kind: Photo, By: Cast()[1], At: time.Now(), Text: "look"})
			if !ok {
				return
			}
			c := opened(t, p)
			events, err := c.Parse(asReceived(t, hook, time.Now()))
			require.NoError(t, err)
			require.Len(t, events[0].Message.Attachments, 1)
			att := &events[0].Message.Attachments[0]
			var done []connectors.Response
			if resolver, ok := c.Connector.(connectors.MediaResolver); ok {
				for range 2 {
					call, err := resolver.Media(att, done)
					require.NoError(t, err)
					if call == nil {
						break
					}
					answer := carry(t, c, call)
					require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
					done = append(done, connectors.Response{Status: answer.Status, Header: answer.Header, Body: answer.Body})
				}
			}
			if len(done) == 0 { // its address is all it takes
				answer := serve(t, p, &connectors.Call{Method: http.MethodGet, URL: att.URL, Header: http.Header{}})
				done = append(done, connectors.Response{Status: answer.Status, Body: answer.Body})
			}
			require.Equal(t, "\x89PNG", string(done[len(done)-1].Body[:4]))
		})
	}
}
