package custom_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

// crowded is a webhook of dear items, with files each, and n ordinary ones behind them.
func crowded(n, dear, files int) []byte {
	plain := func(i int) string {
		return fmt.Sprintf(`{"id":"m%d","from":"u%d","name":"Mira","ts":1773480413,"text":%q,"files":[]}`, i, i, strings.Repeat("hello there ", 20))
	}
	heavy := `{"id":"d%d","from":"u1","ts":1,"text":"x","files":[` + strings.TrimSuffix(strings.Repeat(`"https:",`, files), ",") + `]}`
	var items []string
	for i := range dear {
		items = append(items, fmt.Sprintf(heavy, i))
	}
	for i := range n {
		items = append(items, plain(i))
	}
	return []byte(`{"list":[` + strings.Join(items, ",") + `]}`)
}

const crowdedRules = `{"items": "body.list", "rules": [
 {"when": "has(item.gone)", "emit": "delete", "fields": {"ref": "item.gone", "contact.id": "item.from"}},
 {"when": "has(item.state) && item.state in ['sent', 'read']", "emit": "status", "fields": {"ref": "item.id", "status": "item.state"}},
 {"when": "item.?kind.orValue('message') == 'typing'", "emit": "ignore"},
 {"when": "item.text != '' && item.from != ''", "emit": "message", "fields": {"external_id": "item.id", "contact.id": "item.from",
  "contact.name": "item.?name", "contact.username": "item.from + '@acme'", "contact.phone": "item.?phone", "contact.locale": "item.?lang.orValue('en').lowerAscii().replace('_', '-')",
  "account": "item.?to", "timestamp": {"expr": "item.ts", "unit": "s"}, "text": "item.text.trim().replace('there', 'you') + ' ' + string(item.files.all(f, f.startsWith('https:') && f.startsWith('h')))"}}]}`

// TestADearItemSpoilsNoOther: each item of a webhook has a share of its own.
func TestADearItemSpoilsNoOther(t *testing.T) {
	for name, tt := range map[string]struct{ plain, dear, files, lost int }{
		"as many ordinary ones as are read": {2000, 0, 0, 0},
		"some with many files":              {20, 6, 2500, 0},
		"some that are too dear":            {20, 5, 4000, 5},
		"more than there is a reserve for":  {100, 60, 1500, 7},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := openCustom(altered(t, "inbound", crowdedRules))
			require.NoError(t, err)
			events, err := c.Parse(&connectors.Request{Method: "POST", Body: crowded(tt.plain, tt.dear, tt.files)})
			require.NoError(t, err)
			lost := 0
			for _, ev := range events[:tt.dear] {
				if ev.Type == normalize.EventUnknown {
					lost++
				}
			}
			require.Equal(t, tt.lost, lost)
			require.Len(t, events, tt.dear+tt.plain)
			for _, ev := range events[tt.dear:] {
				require.Equal(t, normalize.EventMessage, ev.Type, "%+v", ev.Unknown)
			}
		})
	}
}
