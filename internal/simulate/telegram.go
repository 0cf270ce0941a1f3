package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	kindTelegram = "telegram"
	// telegramUsers is where the cast's user ids start.
	telegramUsers = 710_000_000
)

// telegram plays the Bot API (Telegram Bot API 10.1): bots, their webhooks and
// private chats.
type telegram struct {
	token, secret string
	botID         int64
	cast          []Customer
	counter       // of messages by chat
	updates       atomic.Int64

	mu      sync.Mutex
	webhook string
}

func newTelegram(cfg Config) *telegram {
	t := &telegram{
		token:   credential(cfg.Credentials, "bot_token", "7100000001:AA"),
		secret:  credential(cfg.Credentials, "secret_token", "hook_"),
		cast:    cfg.Cast,
		counter: counter{seed: cfg.Seed, last: map[string]int64{}},
	}
	id, _, _ := strings.Cut(t.token, ":")
	t.botID, _ = strconv.ParseInt(id, 10, 64)
	t.updates.Store(int64(cfg.Seed % (1 << 50)))
	return t
}

func (t *telegram) Account() Account {
	return Account{
		Kind:        kindTelegram,
		Title:       "Telegram",
		Credentials: map[string]string{"bot_token": t.token, "secret_token": t.secret},
		Settings:    map[string]any{},
	}
}

// Person is a user's number.
func (t *telegram) Person(c Customer) string {
	return strconv.FormatInt(telegramUsers+int64(c.Index), 10)
}

// Retries: growing pauses up to a minute or two, for a day; a failing update
// blocks later ones of its chat (Telegram Bot API server, WebhookActor).
func (t *telegram) Retries() Retries {
	return Retries{First: time.Second, Max: 90 * time.Second, GiveUp: 24 * time.Hour, Ordered: true, Obeys: true}
}

type tgUser struct {
	ID       int64  `json:"id"`
	IsBot    bool   `json:"is_bot"`
	First    string `json:"first_name"`
	Last     string `json:"last_name,omitempty"`
	Username string `json:"username,omitempty"`
	Lang     string `json:"language_code,omitempty"`
}

type tgChat struct {
	ID       int64  `json:"id"`
	First    string `json:"first_name,omitempty"`
	Last     string `json:"last_name,omitempty"`
	Username string `json:"username,omitempty"`
	Type     string `json:"type"`
}

type tgPhoto struct {
	FileID   string `json:"file_id"`
	UniqueID string `json:"file_unique_id"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	Size     int    `json:"file_size"`
}

type tgLocation struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type tgVenue struct {
	Location tgLocation `json:"location"`
	Title    string     `json:"title"`
	Address  string     `json:"address"`
}

type tgMessage struct {
	ID       int64       `json:"message_id"`
	From     *tgUser     `json:"from,omitempty"`
	Chat     tgChat      `json:"chat"`
	Date     int64       `json:"date"`
	EditDate int64       `json:"edit_date,omitempty"`
	Text     string      `json:"text,omitempty"`
	Photo    []tgPhoto   `json:"photo,omitempty"`
	Caption  string      `json:"caption,omitempty"`
	Venue    *tgVenue    `json:"venue,omitempty"`
	Location *tgLocation `json:"location,omitempty"`
}

func (t *telegram) user(c Customer) *tgUser {
	return &tgUser{ID: telegramUsers + int64(c.Index), First: c.First, Last: c.Last, Username: c.Username, Lang: c.Lang}
}

func (t *telegram) chat(c Customer) tgChat {
	return tgChat{ID: telegramUsers + int64(c.Index), First: c.First, Last: c.Last, Username: c.Username, Type: "private"}
}

func (t *telegram) bot() *tgUser {
	return &tgUser{ID: t.botID, IsBot: true, First: "Demo shop", Username: "demo_shop_bot"}
}

// nextMessage mints a message id, unique in its chat in both directions.
func (t *telegram) nextMessage(chat int64) int64 { return t.next(strconv.FormatInt(chat, 10)) }

// Webhook writes an Update (Telegram Bot API: Getting updates). Bots are told
// of no receipts.
func (t *telegram) Webhook(act Act) (Webhook, string, bool) {
	m := tgMessage{From: t.user(act.By), Chat: t.chat(act.By), Date: act.At.Unix()}
	update := map[string]any{}
	minted := true
	switch act.Kind {
	case Say:
		m.Text = act.Text
		update["message"] = &m
	case Photo:
		m.Caption = act.Text
		update["message"] = &m
	case Place:
		loc := tgLocation{act.Latitude, act.Longitude}
		m.Location = &loc
		if act.Text != "" {
			m.Venue = &tgVenue{Location: loc, Title: act.Text, Address: act.Text}
		}
		update["message"] = &m
	case Edit:
		minted = false
		m.ID, _ = strconv.ParseInt(act.Target, 10, 64)
		m.Text, m.Date, m.EditDate = act.Text, act.Written.Unix(), act.At.Unix()
		update["edited_message"] = &m
	case Press:
		minted = false
		update["callback_query"] = t.pressed(act)
	case React:
		minted = false
		update["message_reaction"] = t.reacted(act)
	default:
		return Webhook{}, "", false
	}
	id := ""
	if minted {
		m.ID = t.nextMessage(m.Chat.ID)
		id = strconv.FormatInt(m.ID, 10)
		if act.Kind == Photo {
			m.Photo = tgPhotos(fmt.Sprintf("%d-%d", m.Chat.ID, m.ID))
		}
	}
	update["update_id"] = t.updates.Add(1)
	return Webhook{
		Header: http.Header{
			"Content-Type":                    {"application/json"},
			"X-Telegram-Bot-Api-Secret-Token": {t.secret},
		},
		Body: encode(update),
	}, id, true
}

func tgPhotos(key string) []tgPhoto {
	big := "AgACAgI-" + key
	return []tgPhoto{
		{FileID: big + "-s", UniqueID: "AQAD-" + key + "-s", Width: 90, Height: 60, Size: len(picture(big+"-s", 90, 60))},
		{FileID: big, UniqueID: "AQAD-" + key, Width: 480, Height: 320, Size: len(picture(big, 480, 320))},
	}
}

func (t *telegram) pressed(act Act) map[string]any {
	on, _ := strconv.ParseInt(act.Target, 10, 64)
	return map[string]any{
		"id":            mediaID(fmt.Sprintf("%d/%d/%d/%s", t.seed, act.By.Index, on, act.Button.ID)),
		"from":          t.user(act.By),
		"message":       tgMessage{ID: on, From: t.bot(), Chat: t.chat(act.By), Date: act.At.Unix()},
		"chat_instance": strconv.FormatInt(-4_000_000_000-int64(act.By.Index), 10),
		"data":          act.Button.ID,
	}
}

func (t *telegram) reacted(act Act) map[string]any {
	on, _ := strconv.ParseInt(act.Target, 10, 64)
	return map[string]any{
		"chat": t.chat(act.By), "message_id": on, "user": t.user(act.By), "date": act.At.Unix(),
		"old_reaction": []any{},
		"new_reaction": []any{map[string]any{"type": "emoji", "emoji": act.Text}},
	}
}

// encode marshals what cannot fail to marshal.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("simulate: encode: " + err.Error())
	}
	return b
}
