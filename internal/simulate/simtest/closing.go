package simtest

import (
	"encoding/json"
	"net/http"
	"time"
)

// bulk solves conversations, or gives those that are solved another delay.
func (h *Hub) bulk(w http.ResponseWriter, r *http.Request) {
	var in struct {
		IDs   []string `json:"ids"`
		Style struct {
			CloseAfter string `json:"close_after"`
		} `json:"style"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	after, err := time.ParseDuration(in.Style.CloseAfter)
	h.mu.Lock()
	defer h.mu.Unlock()
	var results []map[string]any
	for _, id := range in.IDs {
		c := h.find(id)
		if c != nil {
			c.Status, c.ClosedAt = "solved", time.Now().Add(after)
		}
		results = append(results, map[string]any{"id": id, "ok": c != nil && err == nil})
	}
	answer(w, http.StatusOK, map[string]any{"data": results})
}

// closeDue closes what is due by now.
func (h *Hub) closeDue() {
	for _, c := range h.conversations {
		if now := time.Now(); c.Status == "solved" && !c.ClosedAt.After(now) {
			c.Status, c.UpdatedAt = "closed", now
		}
	}
}
