package chaos

import (
	"encoding/json"
	"maps"
	"strings"
)

// Quarantined is what is read of the API's quarantine.
type Quarantined struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	Event  string `json:"event"`
}

// orphan is the kind of news about a message that the hub does not know.
const orphan = "orphan"

// compareQuarantine finds what the hub could not use. It may keep the news of
// something that was sent by a process which died before it learnt the id: the
// reply is unknown then, and after ten minutes nobody waits for it any more.
func (f *Traffic) compareQuarantine(b Books, items []Quarantined) (d differences) {
	unknown := map[string]bool{}
	for _, m := range b.Messages {
		if m.Status == "unknown" {
			for _, word := range strings.Fields(m.Text) {
				unknown[word] = true
			}
		}
	}
	sent := f.Platform.sent()
	for _, q := range items {
		if q.Kind != orphan || !unknown[firstWord(sent[q.target()])] {
			d.add("in quarantine", "%s", q.Reason)
		}
	}
	return d
}

// target is the platform's id of the message that news is about.
func (q Quarantined) target() string {
	var event struct {
		Receipt struct {
			Target string `json:"target"`
		} `json:"receipt"`
	}
	if json.Unmarshal([]byte(q.Event), &event) != nil {
		return ""
	}
	return event.Receipt.Target
}

// sent are the texts of the messages that were taken, by the id of each.
func (p *Platform) sent() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.texts)
}
