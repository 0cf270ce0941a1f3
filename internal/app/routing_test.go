package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// staffed makes an agent who is online and may hold so many.
func (h *hub) staffed(name string, capacity int) (id, token string) {
	h.t.Helper()
	a := h.must(201, "POST", "/v1/agents", object{"name": name, "email": name + "@example.org", "capacity": object{"messaging": capacity}}, adminToken)
	id = a["id"].(string)
	token = h.must(201, "POST", "/v1/tokens", object{"name": name, "role": "agent", "agent_id": id}, adminToken)["token"].(string)
	h.is(id, "online")
	return id, token
}

func (h *hub) is(agent, status string) {
	h.t.Helper()
	h.must(200, "PUT", "/v1/agents/"+agent+"/availability", object{"status": status}, adminToken)
}

func (h *hub) routing(settings object) {
	h.t.Helper()
	h.must(200, "PATCH", "/v1/settings", object{"routing": settings}, adminToken)
}

// writes lets a customer write and answers their conversation as it then is.
func (h *hub) writes(channel string, user int, text string) string {
	h.t.Helper()
	require.Equal(h.t, 200, h.tg(channel, update(user, text)))
	id := ""
	h.eventually(fmt.Sprintf("the message of %d is there", user), func() bool {
		for _, c := range h.conversations(channel) {
			last, _ := c["last_message"].(object)
			if c["contact"].(object)["external_id"] == fmt.Sprint(user) && last["text"] == text {
				id = c["id"].(string)
			}
		}
		return id != ""
	})
	return id
}

// offeredTo tells whom a conversation is offered to, "" for nobody.
func (h *hub) offeredTo(id string) string {
	h.t.Helper()
	offer, _ := h.get(id)["offer"].(object)
	agent, _ := offer["agent_id"].(string)
	return agent
}

func (h *hub) accepts(id, token string) object {
	h.t.Helper()
	return h.must(200, "POST", "/v1/conversations/"+id+"/accept", nil, token)
}

func (h *hub) sets(id, status, token string) {
	h.t.Helper()
	h.must(200, "PATCH", "/v1/conversations/"+id, object{"status": status}, token)
}

func (h *hub) holds(agent string) (load, over int) {
	h.t.Helper()
	a := h.must(200, "GET", "/v1/agents/"+agent, nil, adminToken)
	return int(a["load"].(float64)), int(a["over_capacity"].(float64))
}

// L11: pending, the customer replies: open, not reopened, capacity used again.
func TestAReplyToAPendingConversationTakesCapacityAgain(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	bea, asBea := h.staffed("bea", 2)
	id := h.writes(ch, 1, "Hello")
	h.eventually("it is offered", func() bool { return h.offeredTo(id) == bea })
	h.accepts(id, asBea)
	h.sets(id, "pending", asBea)
	load, _ := h.holds(bea)
	require.Zero(t, load)
	h.writes(ch, 1, "Here it is")
	conv := h.get(id)
	require.Equal(t, []any{"open", bea, 0.0}, []any{conv["status"], conv["assignee_id"], conv["reopen_count"]})
	load, _ = h.holds(bea)
	require.Equal(t, 1, load)
}

// L12: over the maximum by a conversation that came back; nothing new until
// there is room.
func TestWhatComesBackMayExceedACapacityAndNothingNewDoes(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	bea, asBea := h.staffed("bea", 2)
	var all []string
	for user := 1; user <= 3; user++ {
		id := h.writes(ch, user, "Hello")
		h.eventually("it is offered", func() bool { return h.offeredTo(id) == bea })
		h.accepts(id, asBea)
		if user == 1 {
			h.sets(id, "solved", asBea)
		}
		all = append(all, id)
	}
	waits := h.writes(ch, 4, "Hello")
	h.writes(ch, 1, "One more thing")
	back := h.get(all[0])
	require.Equal(t, []any{"open", bea, 1.0, nil}, []any{back["status"], back["assignee_id"], back["reopen_count"], back["queued_at"]})
	require.EqualValues(t, 1, back["metrics"].(object)["over_capacity_returns"])
	load, over := h.holds(bea)
	require.Equal(t, []int{3, 1}, []int{load, over})
	metrics := h.must(200, "GET", "/metrics", nil, "")["raw"].(string)
	require.Contains(t, metrics, "threadhub_over_capacity_returns_total 1")
	require.Contains(t, metrics, "threadhub_agents_over_capacity 1")
	require.Contains(t, metrics, `threadhub_offers_total{outcome="accepted"} 3`)
	require.Contains(t, metrics, "threadhub_queue_waiting 1")

	h.sets(all[1], "solved", asBea)
	line := h.list("/v1/queue")
	require.Len(t, line, 1)
	require.Equal(t, waits, line[0]["conversation_id"])
	require.Equal(t, "everybody_full", line[0]["reason"].(object)["code"])
	require.Empty(t, h.offeredTo(waits), "two of two")
	h.sets(all[2], "pending", asBea)
	h.eventually("there is room, and it is offered", func() bool { return h.offeredTo(waits) == bea })
}

// L17: the most spare by number is 20/15, by percent 4/1.
func TestTheMostSpareByNumberAndByPercent(t *testing.T) {
	h := startHub(t, newConfig(t))
	h.routing(object{"mode": "manual"})
	ch := h.telegram("", nil)
	agents := map[string]string{}
	user := 0
	for _, a := range []struct{ room, held int }{{10, 6}, {4, 1}, {20, 15}} {
		id, _ := h.staffed(fmt.Sprint("agent", a.room), a.room)
		agents[fmt.Sprint(a.room)] = id
		for range a.held {
			user++
			conv := h.writes(ch, user, "Hello")
			h.must(200, "PATCH", "/v1/conversations/"+conv, object{"assignee_id": id}, adminToken)
		}
	}
	for method, room := range map[string]string{"most_spare": "20", "most_spare_percent": "4"} {
		h.routing(object{"method": method, "mode": "manual"})
		d := h.must(200, "POST", "/v1/routing/simulate", object{"channel_id": ch}, adminToken)
		require.Equal(t, agents[room], d["candidates"].([]any)[0].(object)["agent_id"], method)
		require.Len(t, d["candidates"], 3)
	}
	h.routing(object{"method": "most_spare", "mode": "auto"})
	first := h.writes(ch, 100, "By number")
	h.eventually("the third gets it", func() bool { return h.get(first)["assignee_id"] == agents["20"] })
	h.sets(first, "solved", adminToken)
	h.routing(object{"method": "most_spare_percent"})
	second := h.writes(ch, 101, "By percent")
	h.eventually("the second gets it", func() bool { return h.get(second)["assignee_id"] == agents["4"] })
	d := h.list("/v1/conversations/" + second + "/routing")
	require.Len(t, d, 1)
	require.Equal(t, "most_spare_percent", d[0]["why"])
}

func TestWhoeverWaitsIsRoutedAsSoonAsSomethingHappens(t *testing.T) {
	h := startHub(t, newConfig(t))
	h.routing(object{"offer_timeout": "1s"})
	ch := h.telegram("", nil)
	id := h.writes(ch, 1, "Hello")
	line := h.list("/v1/queue")
	require.Equal(t, "no_agents", line[0]["reason"].(object)["code"])
	bea, asBea := h.staffed("bea", 1)
	h.eventually("an agent comes online", func() bool { return h.offeredTo(id) == bea })
	h.must(200, "POST", "/v1/conversations/"+id+"/decline", nil, asBea)
	cyd, asCyd := h.staffed("cyd", 1)
	h.eventually("one declines, the next is asked", func() bool { return h.offeredTo(id) == cyd })
	h.eventually("the offer times out, the other is asked again", func() bool { return h.offeredTo(id) == bea })
	st, refused := h.call("POST", "/v1/conversations/"+id+"/accept", nil, asCyd)
	if h.offeredTo(id) == bea {
		require.Equal(t, []any{http.StatusConflict, "already_taken"}, []any{st, refused["code"]}, "too late")
	}
	h.eventually("somebody takes it", func() bool {
		st, _ := h.call("POST", "/v1/conversations/"+id+"/accept", nil, asBea)
		return st == 200
	})

	h.is(cyd, "away")
	second := h.writes(ch, 2, "Hello")
	h.routing(object{"offer_timeout": "1m"})
	require.Empty(t, h.offeredTo(second), "bea holds one of one")
	h.sets(id, "solved", asBea)
	h.eventually("a place is free", func() bool { return h.offeredTo(second) == bea })
	h.is(bea, "offline")
	h.eventually("who is asked goes offline", func() bool { return h.offeredTo(second) == "" })
	h.is(cyd, "online")
	h.eventually("another comes back", func() bool { return h.offeredTo(second) == cyd })
	h.accepts(second, asCyd)
	h.is(bea, "online")
	h.must(204, "DELETE", "/v1/agents/"+cyd, nil, adminToken)
	h.eventually("the agent is deleted", func() bool { return h.offeredTo(second) == bea })
	require.Equal(t, "agent_left", h.causes(second)[len(h.causes(second))-1])
}

func TestWhatIsOpenInAGroupGoesBackWhenItsAgentLeaves(t *testing.T) {
	h := startHub(t, newConfig(t))
	h.routing(object{"mode": "auto"})
	group := h.must(201, "POST", "/v1/groups", object{"name": "Sales"}, adminToken)["id"].(string)
	ch := h.telegram("", object{"group_id": group})
	bea, _ := h.staffed("bea", 2)
	cyd, _ := h.staffed("cyd", 2)
	id := h.writes(ch, 1, "Hello")
	require.Equal(t, "nobody_in_the_group", h.list("/v1/queue")[0]["reason"].(object)["code"])
	queued := h.get(id)["queued_at"]
	h.must(200, "PATCH", "/v1/agents/"+bea, object{"groups": []string{group}}, adminToken)
	h.eventually("bea is in the group", func() bool { return h.get(id)["assignee_id"] == bea })
	h.must(200, "PATCH", "/v1/agents/"+bea, object{"groups": []string{}}, adminToken)
	h.eventually("and not any more", func() bool { return h.get(id)["assignee_id"] == nil })
	require.Equal(t, queued, h.get(id)["queued_at"], "with its first waiting time")
	h.must(200, "PATCH", "/v1/agents/"+cyd, object{"groups": []string{group}}, adminToken)
	h.eventually("cyd is", func() bool { return h.get(id)["assignee_id"] == cyd })
}

func TestOfTwentyWhoAcceptAtOnceOneHasIt(t *testing.T) {
	h := startHub(t, newConfig(t))
	h.routing(object{"mode": "manual"})
	ch := h.telegram("", nil)
	tokens := make([]string, 20)
	for i := range tokens {
		_, tokens[i] = h.staffed(fmt.Sprint("agent", i), 5)
	}
	id := h.writes(ch, 1, "Hello")
	codes := make([]string, len(tokens))
	var all sync.WaitGroup
	for i, token := range tokens {
		all.Go(func() {
			st, out := h.call("POST", "/v1/conversations/"+id+"/accept", nil, token)
			codes[i] = fmt.Sprint(st, " ", out["code"])
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, c := range codes {
		count[c]++
	}
	require.Equal(t, map[string]int{"200 <nil>": 1, "409 already_taken": len(tokens) - 1}, count)
}

func TestManyAtOnceAreGivenAsManyAsTheyMayHold(t *testing.T) {
	h := startHub(t, newConfig(t))
	h.routing(object{"mode": "auto"})
	ch := h.telegram("", nil)
	var agents []string
	for i := range 4 {
		id, _ := h.staffed(fmt.Sprint("agent", i), 3)
		agents = append(agents, id)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { h.tg(ch, update(1000+i, "Hello")) })
	}
	all.Wait()
	h.eventually("every place is taken", func() bool {
		total := 0
		for _, a := range agents {
			load, over := h.holds(a)
			require.Zero(t, over)
			total += load
		}
		return total == 12
	})
	h.eventually("and the others wait", func() bool { return len(h.list("/v1/queue")) == 8 })
	for _, item := range h.list("/v1/queue") {
		require.Equal(t, "everybody_full", item["reason"].(object)["code"])
	}
}

func TestOffersOutliveARestartAndEndOnTime(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	h.routing(object{"offer_timeout": "2s"})
	ch := h.telegram("", nil)
	bea, _ := h.staffed("bea", 1)
	id := h.writes(ch, 1, "Hello")
	h.eventually("it is offered", func() bool { return h.offeredTo(id) == bea })
	until := h.get(id)["offer"].(object)["expires_at"]
	require.NoError(t, h.stop())
	h = startHub(t, cfg)
	offer, _ := h.get(id)["offer"].(object)
	if offer != nil && offer["expires_at"] == until {
		require.Equal(t, bea, offer["agent_id"])
	}
	h.eventually("it ends, although nobody rings", func() bool {
		list := h.list("/v1/conversations/" + id + "/routing")
		return len(list) > 1 && list[len(list)-2]["outcome"] == "timed_out"
	})
}

func TestAStreamTellsTheAgentOfTheirOffer(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	bea, asBea := h.staffed("bea", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.base+"/v1/events", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+asBea)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	waitFor := func(name string) (event object) {
		t.Helper()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if ok && json.Unmarshal([]byte(data), &event) == nil && event["type"] == name {
				return event
			}
			event = nil
		}
		require.Fail(t, "the stream ended without "+name)
		return nil
	}
	id := h.writes(ch, 1, "Hello")
	offered := waitFor("conversation.offered")
	require.Equal(t, []any{bea, id}, []any{offered["agent_id"], offered["conversation"].(object)["id"]})
	h.accepts(id, asBea)
	require.Equal(t, bea, waitFor("conversation.assigned")["conversation"].(object)["assignee_id"])
}
