package gateway

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
)

// maxDirects is how many channels of direct messages are remembered: those in
// which something happened last.
const maxDirects = 1000

// memory is what a later run needs. It is safe for concurrent use.
type memory struct {
	mu   sync.Mutex
	kept kept
}

// kept is memory as it is stored.
type kept struct {
	Session string `json:"session,omitempty"`
	URL     string `json:"url,omitempty"` // where the session is resumed
	Seq     int64  `json:"seq,omitempty"` // of the latest dispatch that is durable
	// Directs has the latest message of each channel of direct messages.
	Directs map[string]string `json:"directs,omitempty"`
	// Missed has the channels that are still to be looked through, with the
	// message after which something may be missing.
	Missed map[string]string `json:"missed,omitempty"`
}

func recall(state []byte) *memory {
	m := &memory{}
	if json.Unmarshal(state, &m.kept) != nil {
		m.kept = kept{} // of another version, or the first time
	}
	if m.kept.Directs == nil {
		m.kept.Directs = map[string]string{}
	}
	if m.kept.Missed == nil {
		m.kept.Missed = map[string]string{}
	}
	return m
}

func (m *memory) encode() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, err := json.Marshal(m.kept)
	if err != nil {
		return nil
	}
	return raw
}

// session answers what resuming takes; ok is false when there is nothing to
// resume.
func (m *memory) session() (s resume, url string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &m.kept
	return resume{Session: k.Session, Seq: k.Seq}, k.URL, k.Session != "" && k.URL != ""
}

func (m *memory) seq() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept.Seq
}

// begin takes in a new session.
func (m *memory) begin(s started) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept.Session, m.kept.URL = s.Session, s.URL
}

// lose ends the session: whatever came since is missing from every channel. A
// channel that is still being looked through keeps its earlier mark.
func (m *memory) lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &m.kept
	k.Session, k.URL, k.Seq = "", "", 0
	for channel, last := range k.Directs {
		if _, ok := k.Missed[channel]; !ok {
			k.Missed[channel] = last
		}
	}
}

// handled takes note of a dispatch that is durable, or of none of our business.
func (m *memory) handled(f *frame) {
	var d direct
	if f.Event == "MESSAGE_CREATE" {
		// What cannot be read is in no channel that could be looked through.
		_ = json.Unmarshal(f.Data, &d)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.Seq > m.kept.Seq {
		m.kept.Seq = f.Seq
	}
	if d.ID != "" && d.ChannelID != "" && d.GuildID == "" {
		m.mark(d.ChannelID, d.ID)
	}
}

// mark notes a channel's latest message and forgets the channel in which
// nothing has happened for longest. mu is held.
func (m *memory) mark(channel, id string) {
	if !later(id, m.kept.Directs[channel]) {
		return
	}
	m.kept.Directs[channel] = id
	if len(m.kept.Directs) <= maxDirects {
		return
	}
	oldest := ""
	for c, last := range m.kept.Directs {
		if oldest == "" || later(m.kept.Directs[oldest], last) {
			oldest = c
		}
	}
	delete(m.kept.Directs, oldest)
}

// missed lists the channels that are to be looked through.
func (m *memory) missed() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.kept.Missed)
}

// caughtUp notes how far a channel was looked through; done when to its end.
func (m *memory) caughtUp(channel, upTo string, done bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if upTo != "" {
		m.mark(channel, upTo)
		m.kept.Missed[channel] = upTo
	}
	if done {
		delete(m.kept.Missed, channel)
	}
}

// later tells whether id a is that of a later message than b: ids are numbers
// that grow with time.
func later(a, b string) bool { return order(a, b) > 0 }

func order(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// sorted puts the names in order.
func sorted(channels map[string]string) []string { return slices.Sorted(maps.Keys(channels)) }
