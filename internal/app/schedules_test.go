package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/stretchr/testify/require"
)

// noon is a zone in which it is between 12:00 and 13:00 now, so that the test
// does not run over midnight.
func noon() *time.Location {
	hours := 12 - time.Now().UTC().Hour()
	// The signs of these names are those of POSIX, west of Greenwich.
	return time.FixedZone(fmt.Sprintf("Etc/GMT%+d", -hours), hours*3600)
}

// schedule adds one that is open today between two times of the day.
func (h *hub) schedule(zone *time.Location, from, to string) string {
	h.t.Helper()
	today := strings.ToLower(time.Now().In(zone).Weekday().String())
	return h.must(201, "POST", "/v1/schedules", object{
		"name": from + " to " + to, "zone": zone.String(), "intervals": []object{{"day": today, "from": from, "to": to}},
	}, adminToken)["id"].(string)
}

func business(schedule, after string) object {
	return object{"name": "social_messaging", "close_after": after, "clock": "business", "schedule_id": schedule}
}

func TestBusinessHoursThroughTheAPI(t *testing.T) {
	h, zone := startHub(t, newConfig(t)), noon()
	agent, token := h.agent("bea")
	always := h.schedule(zone, "00:00", "24:00")

	t.Run("open now: closes like elapsed time", func(t *testing.T) {
		ch := h.styled(business(always, "1s"))
		h.tg(ch, update(1, "hi"))
		id := h.one(ch)["id"]
		solved := h.solve(id, token)
		require.Equal(t, time.Second, at(t, solved["close_due_at"]).Sub(at(t, solved["solved_at"])))
		h.eventually("closed", func() bool { return h.get(id)["status"] == "closed" })
		require.Equal(t, solved["close_due_at"], h.get(id)["closed_at"])
		require.Equal(t, []string{"customer_message", "agent", "window_elapsed"}, h.causes(id))
	})
	t.Run("closed for today: the customer can come back until next week", func(t *testing.T) {
		ch := h.styled(business(h.schedule(zone, "00:00", "00:01"), "2s"))
		h.tg(ch, update(2, "hi"))
		id := h.one(ch)["id"]
		solved := h.solve(id, token)
		wait := at(t, solved["close_due_at"]).Sub(at(t, solved["solved_at"]))
		require.Greater(t, wait, 6*24*time.Hour)
		require.Less(t, wait, 7*24*time.Hour)
		h.tg(ch, update(2, "wait"))
		h.eventually("reopened", func() bool { return h.get(id)["status"] == "open" })
		require.Equal(t, []any{agent, nil}, []any{h.get(id)["assignee_id"], h.get(id)["close_due_at"]})
	})
	t.Run("opens in a moment: the countdown begins then, and other hours do not move it", func(t *testing.T) {
		ch := h.styled(object{"name": "live_chat"})
		h.tg(ch, update(3, "hi"))
		id := h.one(ch)["id"]
		opens := time.Now().In(zone).Truncate(time.Second).Add(3 * time.Second)
		schedule := h.schedule(zone, opens.Format(time.TimeOnly), "24:00")
		st, solved := h.patch(id, object{"style": business(schedule, "1s"), "status": "solved"}, token)
		require.Equal(t, 200, st, "%v", solved)
		begins := at(t, solved["solved_at"])
		if begins.Before(opens) { // always, unless the machine is very busy
			begins = opens
		}
		require.True(t, begins.Add(time.Second).Equal(at(t, solved["close_due_at"])), "%v, opens at %s", solved, opens)
		h.must(200, "PATCH", "/v1/schedules/"+schedule, object{"zone": "Pacific/Kiritimati"}, adminToken)
		h.eventually("closed", func() bool { return h.get(id)["status"] == "closed" })
		require.Equal(t, solved["close_due_at"], h.get(id)["closed_at"])
	})
	t.Run("a schedule is not deleted while a style counts in it", func(t *testing.T) {
		schedule := h.schedule(zone, "12:00", "24:00")
		ch := h.styled(business(schedule, "1h"))
		refused := h.must(409, "DELETE", "/v1/schedules/"+schedule, nil, adminToken)
		require.Equal(t, "schedule_in_use", refused["code"])
		require.Contains(t, refused["detail"], "telegram test")
		h.must(200, "PATCH", "/v1/channels/"+ch, object{"style": object{"name": "live_chat"}}, adminToken)
		h.must(200, "PATCH", "/v1/settings", object{"default_style": business(schedule, "1h")}, adminToken)
		refused = h.must(409, "DELETE", "/v1/schedules/"+schedule, nil, adminToken)
		require.Contains(t, refused["detail"], "default style")
		inherits := h.telegram("", nil)
		h.must(200, "PATCH", "/v1/settings", object{"default_style": object{"name": "social_messaging"}}, adminToken)
		h.must(409, "DELETE", "/v1/schedules/"+schedule, nil, adminToken)
		h.must(204, "DELETE", "/v1/channels/"+inherits, nil, adminToken)
		h.must(204, "DELETE", "/v1/schedules/"+schedule, nil, adminToken)
	})
}
