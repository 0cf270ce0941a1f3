package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"threadhub/internal/bus"
	"threadhub/internal/httpapi"
	"threadhub/threads"
)

// viewNews tells on the bus who looks at a conversation. It is repeated for as
// long as somebody does, so it carries no record: whoever resumes shares the
// bus's memory with it.
type viewNews struct {
	Type    threads.NoticeType
	At      time.Time
	Viewing *httpapi.Viewing
}

// View implements [httpapi.Live]. The bus alone hears of it: not the journal
// that subscribers are served from.
func (l live) View(ctx context.Context, v httpapi.Viewing) error {
	news := viewNews{Type: httpapi.EventViewing, At: time.Now().UTC().Truncate(time.Millisecond), Viewing: &v}
	data, err := json.Marshal(news)
	if err == nil {
		err = l.bus.Publish(ctx, []bus.Event{{Type: string(news.Type), At: news.At, Channel: string(v.Channel), Conversation: string(v.Conversation), Data: data}})
	}
	if err != nil {
		return fmt.Errorf("tell who looks at %s: %w", v.Conversation, err)
	}
	return nil
}
